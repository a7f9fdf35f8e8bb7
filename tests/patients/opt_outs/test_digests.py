"""Opt-outs outlive the numbers: by digests, which the next list meets."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django.fixtures import Settings

from campaigns.sending import hooks as campaign_hooks
from patients.lists import screening
from patients.models import ErasedOptOut, OptOut, OptOutSource, PatientList, Verdict
from patients.opt_outs import digests
from patients.opt_outs import services as opt_outs
from practices.journal.digests import MOBILE, NHS_NUMBER
from practices.models import JournalEntry, JournalKind, Practice, Role, User
from tests.factories import (
    make_campaign,
    make_invitation,
    make_list,
    make_message,
    make_practice,
    make_recipient,
    make_staff,
)
from tests.html import check_page

pytestmark = pytest.mark.django_db

NUMBER, PHONE = "9990000018", "+447700900123"
OLD = timedelta(days=91)


@pytest.fixture
def practice() -> Practice:
    return make_practice()


@pytest.fixture
def staff(practice: Practice) -> User:
    return make_staff(practice, Role.MANAGER)


def opted_out(practice: Practice, **of: str) -> OptOut:
    """Somebody who opted out so long ago that their number goes."""
    opt_out = opt_outs.add(practice=practice, by=None, source=OptOutSource.PATIENT, **of)
    OptOut.objects.filter(id=opt_out.id).update(created_at=timezone.now() - OLD)
    return opt_out


def erase_old(practice: Practice) -> int:
    return digests.erase_old(practice, timezone.now() - timedelta(days=90))


def new_list(practice: Practice, staff: User, **fields: str) -> PatientList:
    """A list on which the patient is again."""
    patient_list = make_list(practice, staff, rows=0, row_count=1)
    make_recipient(patient_list, **({"nhs_number": NUMBER, "mobile": PHONE} | fields))
    screening.screen(patient_list)
    return patient_list


def is_left_out(patient_list: PatientList) -> bool:
    row = patient_list.recipients.get()
    return row.verdict == Verdict.CANNOT and row.reasons == ["opted_out"]


@pytest.mark.parametrize("of", [{"nhs_number": NUMBER}, {"mobile": PHONE}])
@pytest.mark.hazard("H-16.10")
def test_a_new_list_meets_it_though_the_number_was_erased(practice: Practice, staff: User, of: dict[str, str]) -> None:
    opt_out = opted_out(practice, **of)
    assert erase_old(practice) == 1
    assert not OptOut.objects.exists()
    row = ErasedOptOut.objects.get()
    assert (row.id, len(bytes(row.digest))) == (opt_out.id, 32)
    assert is_left_out(new_list(practice, staff))
    assert OptOut.objects.get().id == opt_out.id, "it has its number again, while a list has it"


@pytest.mark.hazard("H-16.10")
def test_without_the_digest_the_patient_would_be_texted(practice: Practice, staff: User) -> None:
    """Guard off: the harm that it stands against."""
    opted_out(practice, nhs_number=NUMBER)
    erase_old(practice)
    ErasedOptOut.objects.all().delete()
    assert new_list(practice, staff).recipients.get().verdict == Verdict.CAN


@pytest.mark.parametrize("of", [{"nhs_number": NUMBER}, {"mobile": PHONE}])
def test_the_last_look_before_a_text_goes_meets_a_digest(practice: Practice, staff: User, of: dict[str, str]) -> None:
    """However the number came: the record may have given it after the list was screened."""
    patient_list = make_list(practice, staff, rows=0)
    recipient = make_recipient(patient_list, nhs_number=NUMBER, mobile=PHONE)
    text = make_message(
        make_invitation(make_campaign(practice, staff, patient_list=patient_list, started=True), recipient)
    )
    opt_out = opted_out(practice, **of)
    digests.to_digests(practice, [opt_out])
    stopped = opt_outs.stop_texts(practice, [text]) | campaign_hooks.stop_texts(practice, [text])
    assert stopped == {text.id: opt_outs.STOPPED}


def test_a_number_that_is_on_a_list_stays(practice: Practice, staff: User) -> None:
    opted_out(practice, nhs_number=NUMBER)
    make_recipient(make_list(practice, staff, rows=0), nhs_number=NUMBER)
    assert erase_old(practice) == 0


def test_a_young_opt_out_stays_and_one_that_ended_goes(practice: Practice, staff: User) -> None:
    opt_outs.add(practice=practice, by=staff, source=OptOutSource.STAFF, mobile=PHONE)
    ended = opted_out(practice, nhs_number=NUMBER)
    opt_outs.end(opt_out=ended, by=staff)
    assert erase_old(practice) == 1
    assert OptOut.objects.get().mobile == PHONE
    assert not ErasedOptOut.objects.exists()


def test_another_practice_has_another_digest(practice: Practice, staff: User) -> None:
    opted_out(practice, nhs_number=NUMBER)
    erase_old(practice)
    other = make_practice()
    assert new_list(other, make_staff(other)).recipients.get().verdict == Verdict.CAN
    assert digests.holding(other, NHS_NUMBER, [NUMBER]) == frozenset()
    assert digests.holding(practice, NHS_NUMBER, [NUMBER]) == {NUMBER}


def test_former_keys_still_meet_it(practice: Practice, staff: User, settings: Settings) -> None:
    settings.DIGEST_KEYS = ["a" * 32]
    opted_out(practice, nhs_number=NUMBER)
    erase_old(practice)
    settings.DIGEST_KEYS = ["b" * 32, "a" * 32]
    assert is_left_out(new_list(practice, staff))


def test_start_texted_ends_a_digest(practice: Practice) -> None:
    opt_outs.keep_stops(practice, [PHONE], None)
    OptOut.objects.update(created_at=timezone.now() - OLD)
    erase_old(practice)
    opt_outs.end_stops(practice, [PHONE])
    assert digests.holding(practice, MOBILE, [PHONE]) == frozenset()
    assert not ErasedOptOut.objects.exists()


def test_opting_out_again_keeps_the_first_one(practice: Practice, staff: User) -> None:
    first = opted_out(practice, mobile=PHONE)
    erase_old(practice)
    again = opt_outs.add(practice=practice, by=staff, source=OptOutSource.STAFF, mobile=PHONE)
    assert again.id == first.id
    assert not ErasedOptOut.objects.exists()


def test_the_journal_has_each_as_a_digest(practice: Practice, staff: User) -> None:
    opt_out = opt_outs.add(practice=practice, by=staff, source=OptOutSource.STAFF, nhs_number=NUMBER)
    opt_outs.end(opt_out=opt_out, by=staff)
    made, ended = JournalEntry.objects.order_by("at")
    assert (made.kind, ended.kind) == (JournalKind.OPTED_OUT, JournalKind.OPT_OUT_ENDED)
    assert bytes(made.digest or b"") == bytes(ended.digest or b"")
    assert NUMBER not in str(made.details)


def test_the_page_shows_when_and_how_and_a_whole_number_finds_it(
    client: Client, practice: Practice, staff: User
) -> None:
    opted_out(practice, mobile=PHONE)
    erase_old(practice)
    client.force_login(staff)
    page = check_page(client.get(reverse("patients:opt-outs")))
    assert "1 opt-out still holds" in page.text
    assert "Pressed “Stop texts” on their page" in page.text
    assert "900123" not in page.text
    client.post(reverse("patients:opt-outs"), {"term": "900123"})
    assert ErasedOptOut.objects.exists(), "a part of a number finds none"
    result = check_page(client.post(reverse("patients:opt-outs"), {"term": "07700 900123"}, follow=True))
    assert "07700 900123" in result.text
    assert "Remove" in result.text
