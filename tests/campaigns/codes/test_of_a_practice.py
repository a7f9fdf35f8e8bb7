"""What a practice's two people approved is that practice's alone, everywhere, whoever writes the row."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, ProgrammingError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from campaigns.codes import by_hand, catalogue
from campaigns.codes import search as code_search
from campaigns.codes import services as codes
from campaigns.codes.forms import AskForm
from campaigns.codes.services import CannotApprove
from campaigns.drafts import duplicate, readiness, services
from campaigns.messages.forms import DeclineForm, MessageForm
from campaigns.messages.template_forms import OwnTemplateForm
from campaigns.models import Campaign, CodeKind, Grounds, MessageTemplate, SnomedCode
from campaigns.models.snomed import SnomedTerm
from integrations.models.outbox import CodedEntry
from integrations.models.states import CodeState
from practices.models import AuditEvent, Practice, Role, User
from practices.models.accounts import UsedBrowser
from practices.staff import services as staffing
from tests.campaigns.own_codes import CONCEPT, DECLINED, TERM, Surgery, approve, load_release
from tests.factories import make_campaign, make_coded_entry, make_invitation, make_staff
from tests.html import Page, check_page

pytestmark = pytest.mark.django_db


def refused(code: SnomedCode, by: User) -> str:
    with pytest.raises(CannotApprove) as refusal:
        approve(code, by)
    code.refresh_from_db()
    assert not code.is_approved
    return refusal.value.reason


# Whose it is


def test_it_is_usable_at_its_practice_only(ours: Surgery, theirs: Surgery) -> None:
    load_release()
    code = ours.has()
    assert (code.grounds, code.approved_by) == (Grounds.RELEASE, ours.manager)
    for surgery, there in ((ours, True), (theirs, False)):
        assert SnomedCode.objects.usable(CodeKind.INVITATION, surgery.practice).filter(pk=code.pk).exists() is there
        written = {"message": "Dear {name}, {practice}: {link}", "appointment_name": "flu vaccination", "code": code.pk}
        form = MessageForm(written, practice=surgery.practice)
        assert form.is_valid() is there
        template = OwnTemplateForm({"code": code.pk}, practice=surgery.practice)
        assert ("code" not in template.errors) is there
        assert [version.pk for version in code_search.versions(surgery.practice, CONCEPT)] == (
            [code.pk] if there else []
        )
        assert code_search.codes(surgery.practice, search_text="made-up").exists() is there
        assert (code_search.terms("made-up", surgery.practice) == []) is there
    assert not SnomedCode.objects.usable(CodeKind.INVITATION).exists()
    assert "only for your practice" in str(MessageForm(practice=ours.practice)["code"])


def test_two_practices_may_have_one_concept_in_their_own_words(ours: Surgery, theirs: Surgery) -> None:
    load_release()
    mine = ours.has(emis_scheme="READ2", emis_code="9N3G")
    other = theirs.asks(kind=CodeKind.DECLINE, term=DECLINED)
    mine.refresh_from_db()
    assert (mine.term, mine.emis_code, mine.is_usable) == (TERM, "9N3G", True)
    codes.turn_down(code_id=other.pk, by=theirs.manager)
    again = theirs.has()
    assert (again.emis_code, again.pk != mine.pk) == ("", True)
    codes.write(code=_changed(again, emis_scheme="READ2", emis_code="9ZZZ"), by=theirs.sender)
    mine.refresh_from_db()
    assert (mine.emis_code, mine.is_usable) == ("9N3G", True)


def _changed(code: SnomedCode, **fields: Any) -> SnomedCode:
    for name, value in fields.items():
        setattr(code, name, value)
    return code


def test_a_practice_asks_for_a_concept_once(ours: Surgery) -> None:
    ours.asks()
    with pytest.raises(ValidationError, match="The practice has this code already"):
        ours.asks()
    twin = SnomedCode(practice=ours.practice, concept_id=CONCEPT, term=TERM, kind="invitation", proposed_by=ours.sender)
    with pytest.raises(IntegrityError), transaction.atomic():
        SnomedCode.objects.bulk_create([twin])


ASKED = {"concept_id": CONCEPT, "term": TERM, "kind": "invitation", "emis_code": "", "emis_scheme": ""}


@pytest.mark.parametrize(
    ("shared", "error"),
    [
        ({"approved_at": timezone.now()}, "Selfbook has this code already"),
        ({"approved_at": None}, ""),
        ({"approved_at": timezone.now(), "active": False}, "An administrator has switched this code off"),
        ({"kind": CodeKind.GIVEN}, "Selfbook has this code already"),
    ],
)
def test_what_everybody_has_is_not_asked_for(ours: Surgery, shared: dict[str, Any], error: str) -> None:
    SnomedCode(**{"concept_id": CONCEPT, "term": TERM, "kind": CodeKind.INVITATION} | shared).save()
    form = AskForm(ASKED, practice=ours.practice)
    assert form.is_valid() is (not error)
    assert error in str(form.errors)


@pytest.mark.hazard("H-07.5")
def test_what_administrators_list_as_care_given_is_no_practices_invitation(ours: Surgery) -> None:
    load_release()
    code = ours.has()
    SnomedCode(concept_id=CONCEPT, term="Made-up screening", kind=CodeKind.GIVEN).save()
    assert not SnomedCode.objects.usable(CodeKind.INVITATION, ours.practice).exists()
    entry = _entry(ours.practice, code)
    assert codes.stop_filing([entry]) == {entry.id: codes.STOPPED}
    with pytest.raises(ValidationError, match="goes with no batch"):
        Surgery().asks()


def test_the_catalogue_is_everybodys_whatever_practices_have(ours: Surgery) -> None:
    own = ours.asks(concept_id="711408005", term="Our own words: message sent")
    catalogue.load()
    catalogue.load()
    shared = SnomedCode.objects.get(pk="711408005")
    assert (shared.practice, shared.is_usable) == (None, True)
    own.refresh_from_db()
    assert (own.term, own.is_approved) == ("Our own words: message sent", False)


def test_only_administrators_write_for_all(ours: Surgery) -> None:
    with pytest.raises(PermissionDenied):
        codes.write(code=SnomedCode(concept_id=CONCEPT, term=TERM, kind=CodeKind.INVITATION), by=ours.manager)


# Who approves


@pytest.mark.hazard("H-07.4")
def test_without_a_release_an_administrator_must(ours: Surgery, administrator: User) -> None:
    code = ours.asks()
    assert refused(code, ours.manager) == "Waiting for an administrator: no SNOMED release is loaded here."
    approved = approve(code, administrator)
    assert (approved.grounds, approved.is_usable) == (Grounds.ADMINISTRATOR, True)
    assert not SnomedCode.objects.usable(CodeKind.INVITATION).exists()


@pytest.mark.parametrize("gone", [True, False])
def test_a_release_must_have_the_id_with_the_term(ours: Surgery, administrator: User, gone: bool) -> None:
    code = ours.asks()
    load_release("Another invitation text message")
    if gone:
        SnomedTerm.objects.all().delete()
    assert "does not have this id with this term" in refused(code, ours.manager)
    assert approve(code, administrator).is_usable


def test_a_manager_of_another_practice_is_no_second_person(ours: Surgery, theirs: Surgery) -> None:
    load_release()
    code = ours.asks()
    for somebody in (theirs.manager, make_staff(ours.practice), make_staff(ours.practice, Role.VIEWER)):
        assert refused(code, somebody) == "A manager or an administrator has to approve it."
    reasons = AuditEvent.objects.filter(action="code.approval_refused", practice=ours.practice)
    assert [event.data["reason"] for event in reasons] == ["not for this role"] * 3


def test_a_code_for_all_takes_two_administrators(ours: Surgery, administrator: User) -> None:
    load_release()
    code = SnomedCode(concept_id=CONCEPT, term=TERM, kind=CodeKind.INVITATION)
    codes.write(code=code, by=administrator)
    assert "Waiting for an administrator" in refused(code, ours.manager)
    with pytest.raises(CannotApprove):
        codes.turn_down(code_id=code.pk, by=ours.manager)


def test_an_account_that_shares_an_address_is_no_second_person(ours: Surgery) -> None:
    load_release()
    code = ours.asks()
    User.objects.filter(pk=ours.sender.pk).update(email="Mina.Lowe@gmail.com")
    User.objects.filter(pk=ours.manager.pk).update(email="minalowe+codes@googlemail.com")
    ours.manager.refresh_from_db()
    reason = "This account and the one that wrote the code seem to be the same person (they share an address). "
    assert refused(code, ours.manager) == f"{reason}Somebody else must check it."
    event = AuditEvent.objects.get(action="code.approval_refused")
    assert (event.actor, event.practice, event.object_id) == (ours.manager, ours.practice, _uuid(code))
    assert (event.data["reason"], event.data["of"]) == ("an address in common", str(ours.sender.id))
    assert "gmail" not in str(event.data)


def _uuid(code: SnomedCode) -> Any:
    return type(uuid4())(code.pk)


def test_an_account_that_one_invited_for_oneself_is_no_second_person(ours: Surgery) -> None:
    load_release()
    invitation, _ = staffing.invite(
        practice=ours.practice, by=ours.manager, email="mina.private@example.org", role=Role.MANAGER
    )
    second = staffing.join(invitation=invitation, new=User(given_name="Em", family_name="Low"))
    code = SnomedCode(practice=ours.practice, concept_id=CONCEPT, term=TERM, kind=CodeKind.INVITATION)
    codes.write(code=code, by=ours.manager)
    assert "one invited the other" in refused(code, second)
    UsedBrowser.objects.create(user=second, browser=uuid4())
    assert approve(code, second).is_usable
    event = AuditEvent.objects.get(action="code.approved")
    assert (event.data["relation"], event.data["of"]) == ("another person", str(ours.manager.id))


def test_the_refusal_is_on_the_page_and_in_the_trail(client: Client, ours: Surgery) -> None:
    load_release()
    ours.asks()
    User.objects.filter(pk=ours.manager.pk).update(email=f"x{ours.sender.email}")
    User.objects.filter(pk=ours.manager.pk).update(email=ours.sender.email.replace("@", "+2@"))
    client.force_login(ours.manager)
    path = reverse("campaigns:code", args=[CONCEPT])
    page = check_page(client.get(path))
    assert "seem to be the same person (they share an address)" in page.text
    assert "Approve this code" not in page.text
    answer = client.post(path, {"compared": "on"})
    assert answer.status_code == 200
    assert "seem to be the same person" in Page(answer.content.decode()).text
    trail = check_page(client.get(reverse("audit:events"))).text
    assert "Was not allowed to approve a SNOMED code (an address in common)" in trail


# What the database holds


@pytest.mark.hazard("H-07.3")
@pytest.mark.parametrize("field", ["invitation_code", "decline_code"])
def test_the_database_lets_no_batch_have_another_practices_code(ours: Surgery, theirs: Surgery, field: str) -> None:
    load_release()
    kind, term = ("invitation", TERM) if field == "invitation_code" else ("decline", DECLINED)
    code = theirs.asks(kind=kind, term=term)
    batch, fields = make_campaign(ours.practice, ours.sender), dict[str, Any]({field: code})
    template = MessageTemplate.objects.create(practice=ours.practice, name="One", body="{link}")
    shared = MessageTemplate.objects.create(practice=None, name="Two", body="{link}")
    for row in (batch, template, shared):
        with pytest.raises(IntegrityError, match="code_of_its_practice"), transaction.atomic():
            type(row)._default_manager.filter(pk=row.pk).update(**{field: code})
    with pytest.raises(IntegrityError, match="code_of_its_practice"), transaction.atomic():
        make_campaign(ours.practice, ours.sender, **fields)
    with pytest.raises(ProgrammingError), transaction.atomic():
        SnomedCode.objects.filter(pk=code.pk).update(practice=ours.practice)


@pytest.mark.parametrize("change", [{"active": False}, {"approved_at": None, "approved_by": None}])
def test_the_database_sends_no_batch_with_a_code_that_nobody_approved(ours: Surgery, change: dict[str, Any]) -> None:
    load_release()
    code = ours.has()
    batch = make_campaign(ours.practice, ours.sender, invitation_code=code)
    SnomedCode.objects.filter(pk=code.pk).update(**change)
    with pytest.raises(IntegrityError, match="code_approved_when_sent"), transaction.atomic():
        Campaign.objects.filter(pk=batch.pk).update(
            state="scheduled", started_by=ours.sender, started_at=timezone.now()
        )


@pytest.mark.parametrize(
    "change",
    [
        lambda code, by: {"approved_by": by.sender, "approved_at": timezone.now(), "grounds": "release"},
        lambda code, by: {"approved_by": by.manager, "approved_at": timezone.now()},
        lambda code, by: {"approved_at": timezone.now(), "grounds": "release"},
        lambda code, by: {"approved_by": by.manager, "grounds": "release"},
        lambda code, by: {"proposed_by": None},
        lambda code, by: {"grounds": "whatever"},
    ],
)
def test_the_database_knows_no_half_approval(ours: Surgery, change: Callable[..., dict[str, Any]]) -> None:
    code = ours.asks()
    with pytest.raises(IntegrityError), transaction.atomic():
        SnomedCode.objects.filter(pk=code.pk).update(**change(code, ours))


# Batches, filing and lists


def test_a_batch_goes_with_its_practices_own_code(ours: Surgery) -> None:
    load_release()
    code = ours.has()
    batch = make_campaign(ours.practice, ours.sender, invitation_code=code)
    copy = duplicate.duplicate(campaign=batch, by=ours.sender)
    assert copy.invitation_code == code
    codes.write(code=_changed(code, active=False), by=ours.manager)
    reasons = f"The code “{TERM}” may no longer be used here. Choose another."
    assert reasons in readiness.send_reasons(Campaign.objects.get(pk=batch.pk), "")
    assert reasons in readiness.send_reasons(Campaign.objects.get(pk=copy.pk), "")
    codes.write(code=_changed(code, active=True), by=ours.manager)
    assert services.start(campaign=batch, longest_name="", by=ours.sender).state == "scheduled"


def test_a_template_suggests_its_own_practices_code(ours: Surgery) -> None:
    load_release()
    code = ours.has()
    template = MessageTemplate.objects.create(practice=ours.practice, name="One", body="{link}", invitation_code=code)
    assert template.suggested_code(CodeKind.INVITATION) == code
    codes.write(code=_changed(code, active=False), by=ours.manager)
    assert template.suggested_code(CodeKind.INVITATION) is None
    assert DeclineForm(practice=ours.practice).fields["code"].queryset.count() == 0  # type: ignore[attr-defined] # rows


def _entry(practice: Practice, code: SnomedCode, **fields: Any) -> CodedEntry:
    batch = make_campaign(practice, started=True, invitation_code=None)
    values = {"concept_id": code.concept_id, "term": code.term, "local_scheme": "", "local_code": ""}
    return make_coded_entry(make_invitation(batch), **values | fields)


@pytest.mark.hazard("H-07.3")
def test_an_entry_is_filed_only_where_its_code_was_approved(
    ours: Surgery, theirs: Surgery, django_assert_num_queries: Any
) -> None:
    load_release()
    code = ours.has()
    mine, stray = _entry(ours.practice, code), _entry(theirs.practice, code)
    with django_assert_num_queries(1):
        assert codes.stop_filing([mine, stray]) == {stray.id: codes.STOPPED}
    theirs.asks()
    assert codes.stop_filing([mine, stray]) == {stray.id: codes.STOPPED}, "asked for is not approved"
    SnomedCode.objects.filter(practice=ours.practice).update(active=False)
    theirs.practice.refresh_from_db()
    approve(SnomedCode.objects.get(practice=theirs.practice), theirs.manager)
    assert codes.stop_filing([mine, stray]) == {mine.id: codes.STOPPED}


def test_nobody_is_told_to_file_by_hand_what_must_not_be_filed(ours: Surgery) -> None:
    load_release()
    code = ours.has()
    entry = _entry(
        ours.practice, code, state=CodeState.NOT_FILED, due_at=None, settled_at=timezone.now(), reason="EMIS said no."
    )
    assert by_hand.listed([entry])[0].reason == "EMIS said no."
    SnomedCode.objects.filter(pk=code.pk).update(active=False)
    assert by_hand.listed([entry])[0].reason == codes.STOPPED
    batch = Campaign.objects.get(pk=entry.campaign_id)
    assert codes.STOPPED in list(by_hand.csv(batch, timezone.now()))[1]
