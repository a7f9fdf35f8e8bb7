"""Everything that changes a batch: what it does, what it refuses, and that it leaves an audit event."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from pytest_django import Settings

from campaigns.drafts import services
from campaigns.drafts.readiness import CannotSend
from campaigns.drafts.services import AlreadySent
from campaigns.models import Campaign, CodeKind, SnomedCode
from campaigns.models.states import CampaignState
from patients.models import ListState, OptOutSource, PatientList, Recipient, Verdict
from patients.opt_outs import services as opt_outs
from patients.reasons import Reason
from patients.tables.faults import FileFault
from practices.models import AuditEvent
from tests.campaigns.wizard import ROWS, name_the_first
from tests.factories import make_campaign, make_list, make_practice, make_staff
from tests.patients.list_files import systmone
from tests.patients.uploads import check_waiting

pytestmark = pytest.mark.django_db


def actions() -> list[str]:
    return list(AuditEvent.objects.order_by("id").values_list("action", flat=True))


def refused(campaign: Campaign, longest_name: str = "Asha") -> list[str]:
    with pytest.raises(CannotSend) as refusal:
        services.start(campaign=campaign, longest_name=longest_name, by=campaign.created_by)
    campaign.refresh_from_db()
    assert campaign.is_draft
    assert "campaign.sent" not in actions()
    return refusal.value.reasons


def test_a_new_draft_has_the_settings_link_lifetime(settings: Settings) -> None:
    settings.LINK_LIFETIME_DAYS = 21
    practice = make_practice()
    draft = services.create_draft(practice=practice, by=make_staff(practice))
    assert (draft.state, draft.link_lifetime_days, draft.practice) == (CampaignState.DRAFT, 21, practice)
    assert actions() == ["campaign.created"]


def test_starting_notes_who_and_when() -> None:
    draft = make_campaign()
    sender = make_staff(draft.practice)
    started = services.start(campaign=draft, longest_name="Asha", by=sender)
    assert (started.state, started.started_by) == (CampaignState.SCHEDULED, sender)
    assert started.started_at is not None
    (event,) = AuditEvent.objects.filter(action="campaign.sent")
    assert (event.practice, event.actor, event.object_id) == (draft.practice, sender, draft.id)


def test_starting_again_changes_nothing() -> None:
    draft = make_campaign()
    first = services.start(campaign=draft, longest_name="Asha", by=make_staff(draft.practice))
    again = services.start(campaign=draft, longest_name="Asha", by=make_staff(draft.practice))
    assert (again.started_by, again.started_at) == (first.started_by, first.started_at)
    assert actions().count("campaign.sent") == 1


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"slot_type": ""}, "Choose a slot type."),
        ({"message": ""}, "Write the message."),
        ({"message": "No way to answer"}, "Add {link} where the patient's own link should go."),
        ({"allow_decline": None}, "Choose whether patients may decline."),
        ({"patient_list": None}, "Upload a list of patients."),
        ({"list_agreed": False}, "Look at who can and cannot be sent to, and continue."),
    ],
)
def test_a_half_made_batch_is_not_sent(fields: dict[str, Any], reason: str) -> None:
    assert refused(make_campaign(**fields)) == [reason]


def test_all_that_is_missing_is_said_at_once() -> None:
    assert len(refused(make_campaign(slot_type="", message="", allow_decline=None, patient_list=None))) == 4


def test_a_list_with_nobody_to_send_to() -> None:
    draft = make_campaign(rows=0)
    assert refused(draft) == ["Nobody on this list can be sent a text. Upload another list."]


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        ({"state": ListState.CHECKING}, "We are still checking your file. Wait until that is done."),
        (
            {"state": ListState.LOOKING_UP, "look_up_at": timezone.now()},
            "We are still looking up patients on your list. Wait until that is done.",
        ),
        (
            {"state": ListState.REFUSED, "fault_code": "empty", "fault": "The file is empty."},
            "We could not read your file. Upload another.",
        ),
    ],
)
def test_a_list_that_is_not_ready_is_neither_agreed_nor_sent(state: dict[str, Any], reason: str) -> None:
    draft = make_campaign()
    PatientList.objects.update(**state)
    assert refused(draft) == [reason]
    with pytest.raises(CannotSend) as refusal:
        services.agree_list(campaign=draft, by=draft.created_by)
    assert refusal.value.reasons == [reason]


@pytest.mark.hazard("H-10.3")
def test_the_same_file_again_today_needs_a_deliberate_word() -> None:
    """The trail keeps that somebody said it."""
    practice = make_practice(clinical_system="systmone")
    first, second = make_campaign(practice), make_campaign(practice)
    for draft in (first, second):
        upload(draft)
        check_waiting()
    with pytest.raises(CannotSend) as refusal:
        services.agree_list(campaign=second, by=second.created_by)
    assert "uploaded once already today" in refusal.value.reasons[0]
    assert services.agree_list(campaign=second, by=second.created_by, same_file=True).list_agreed
    event = AuditEvent.objects.get(action="campaign.list_agreed")
    assert event.data == {"same_file": True}


def opted_out(batch: Campaign) -> Recipient:
    """The batch's first patient, who wants no more texts."""
    assert batch.patient_list is not None
    row = batch.patient_list.recipients.can().order_by("row_number")[0]
    opt_outs.add(practice=batch.practice, by=None, source=OptOutSource.PATIENT, nhs_number=row.nhs_number)
    return row


def test_the_list_is_screened_again_at_send() -> None:
    """An opt-out after staff looked at the list."""
    draft = make_campaign(rows=3)
    row = opted_out(draft)
    services.start(campaign=draft, longest_name="Asha", by=draft.created_by)
    row.refresh_from_db()
    assert (row.verdict, row.reasons) == (Verdict.CANNOT, [Reason.OPTED_OUT])


def test_send_stops_when_staff_were_told_another_number() -> None:
    draft = make_campaign(rows=3)
    row = opted_out(draft)
    with pytest.raises(CannotSend) as refusal:
        services.start(campaign=draft, longest_name="Asha", by=draft.created_by, seen=3)
    assert refusal.value.reasons == [
        "The number of patients who can be sent a text was 3 and is now 2. Check it, then send."
    ]
    row.refresh_from_db()
    assert row.verdict == Verdict.CANNOT  # kept, so that the page shows it
    draft.refresh_from_db()
    assert draft.is_draft
    started = services.start(campaign=draft, longest_name="Asha", by=draft.created_by, seen=2)
    assert started.state == CampaignState.SCHEDULED


def test_what_staff_choose_to_include() -> None:
    draft = make_campaign(rows=2)
    changed = services.choose_included(campaign=draft, invited=True, booked=False, by=draft.created_by)
    assert (changed.include_invited, changed.include_booked, changed.list_agreed) == (True, False, False)
    event = AuditEvent.objects.get(action="campaign.included")
    assert event.data == {"invited": True, "booked": False, "booked_within_days": None}


def test_a_choice_is_about_one_list() -> None:
    draft = make_campaign(make_practice(clinical_system="systmone"), include_invited=True, include_booked=True)
    upload(draft)
    draft.refresh_from_db()
    assert (draft.include_invited, draft.include_booked) == (False, False)


@pytest.mark.parametrize("opts_out", [True, False])
def test_another_slot_type_asks_for_the_list_again_only_if_it_changes_who_is_sent_to(opts_out: bool) -> None:
    draft = make_campaign(rows=2)
    if opts_out:
        opted_out(draft)
    changed = services.choose_slot_type(campaign=draft, slot_type="Blood test", by=draft.created_by)
    assert changed.list_agreed is not opts_out


def test_a_slot_type_may_be_chosen_before_and_while_a_list_is_checked() -> None:
    draft = make_campaign(patient_list=None)
    assert services.choose_slot_type(campaign=draft, slot_type="Other", by=draft.created_by).slot_type == "Other"
    waiting = make_list(draft.practice, draft.created_by, rows=0, state=ListState.CHECKING)
    services.attach_list(campaign=draft, patient_list=waiting, by=draft.created_by)
    assert services.choose_slot_type(campaign=draft, slot_type="Flu", by=draft.created_by).slot_type == "Flu"


def test_the_longest_name_counts() -> None:
    draft = make_campaign(message="{name} {link} " + "a" * 240)
    (reason,) = refused(draft, longest_name="Bartholomew" * 3)
    assert "With the longest name on your list the message is over 2 fragments" in reason
    services.start(campaign=draft, longest_name="Asha", by=draft.created_by)


def test_a_patient_without_a_name_counts_as_well(settings: Settings) -> None:
    """The word that greets them is longer than a short name."""
    settings.PUBLIC_BASE_URL = "http://testserver"
    link = len("http://testserver/i/") + 22
    draft = make_campaign(message="{name} {link} " + "a" * (306 - link - len("Joe  ")))
    (reason,) = refused(draft, longest_name="Joe")
    assert "over 2 fragments" in reason


@pytest.mark.parametrize("change", [{"active": False}, {"approved_at": None}])
def test_a_code_that_was_taken_away_meanwhile(change: dict[str, Any]) -> None:
    draft = make_campaign()
    SnomedCode.objects.filter(kind=CodeKind.INVITATION).update(**change)
    draft.refresh_from_db()
    assert refused(draft) == [
        "The code “Short message service text message sent to patient” may no longer be used here. Choose another."
    ]


def test_no_decline_keeps_no_decline_words() -> None:
    draft = make_campaign()
    changed = services.set_decline(
        campaign=draft, allow=False, message="words", code=draft.decline_code, by=draft.created_by
    )
    assert (changed.allow_decline, changed.decline_message, changed.decline_code) == (False, "", None)


def upload(draft: Campaign, content: bytes | None = None) -> Campaign:
    file = SimpleUploadedFile("patients.csv", systmone(*ROWS) if content is None else content)
    return services.upload_list(campaign=draft, file=file, by=draft.created_by)


def test_another_list_takes_the_place_of_the_former_and_must_be_agreed_again() -> None:
    draft = make_campaign(make_practice(clinical_system="systmone"))
    former = draft.patient_list
    assert former is not None
    changed = upload(draft)
    check_waiting()
    taken = PatientList.objects.get()
    assert (changed.patient_list, taken.row_count, changed.list_agreed) == (taken, 3, False)
    assert not PatientList.objects.filter(id=former.id).exists()
    assert Recipient.objects.count() == 3


def test_a_refused_file_leaves_the_former_list() -> None:
    draft = make_campaign(make_practice(clinical_system="systmone"))
    with pytest.raises(FileFault):
        upload(draft, b"")
    draft.refresh_from_db()
    assert draft.list_agreed
    assert PatientList.objects.count() == 1


def test_a_draft_goes_with_its_list() -> None:
    draft = make_campaign(rows=3)
    services.delete_draft(campaign=draft, by=draft.created_by)
    assert (Campaign.objects.count(), PatientList.objects.count(), Recipient.objects.count()) == (0, 0, 0)
    assert actions() == ["campaign.deleted"]


_CHANGES: dict[str, Callable[[Campaign], object]] = {
    "slot type": lambda batch: services.choose_slot_type(campaign=batch, slot_type="Other", by=batch.created_by),
    "message": lambda batch: services.write_message(
        campaign=batch, message="Other {link}", template=None, code=None, by=batch.created_by
    ),
    "decline": lambda batch: services.set_decline(
        campaign=batch, allow=False, message="", code=None, by=batch.created_by
    ),
    "another list": lambda batch: services.attach_list(
        campaign=batch, patient_list=make_list(batch.practice, batch.created_by), by=batch.created_by
    ),
    "another file": lambda batch: upload(batch),
    "a choice": lambda batch: services.choose_included(campaign=batch, invited=True, booked=True, by=batch.created_by),
    "agreeing": lambda batch: services.agree_list(campaign=batch, by=batch.created_by),
    "deleting": lambda batch: services.delete_draft(campaign=batch, by=batch.created_by),
}


@pytest.mark.parametrize("change", _CHANGES.values(), ids=_CHANGES.keys())
@pytest.mark.parametrize("state", [CampaignState.SCHEDULED, CampaignState.STARTING, CampaignState.RUNNING])
def test_a_sent_batch_cannot_be_changed(state: CampaignState, change: Callable[[Campaign], object]) -> None:
    batch = make_campaign(make_practice(clinical_system="systmone"), started=True, state=state)
    before = Campaign.objects.values().get(id=batch.id)
    with pytest.raises(AlreadySent):
        change(batch)
    assert Campaign.objects.values().get(id=batch.id) == before
    assert actions() == []


def test_a_file_for_a_sent_batch_is_not_kept() -> None:
    batch = make_campaign(make_practice(clinical_system="systmone"), started=True)
    with pytest.raises(AlreadySent):
        upload(batch)
    assert (PatientList.objects.count(), Recipient.objects.count()) == (1, 1)


def test_the_audit_trail_names_no_patient() -> None:
    draft = make_campaign(make_practice(clinical_system="systmone"))
    upload(draft)
    check_waiting()
    name_the_first(Campaign.objects.get(id=draft.id), "Bartholomew")
    services.agree_list(campaign=draft, by=draft.created_by)
    services.start(campaign=draft, longest_name="Bartholomew", by=draft.created_by)
    trail = str(list(AuditEvent.objects.values_list("action", "data")))
    assert Recipient.objects.filter(verdict=Verdict.CAN).count() == 2
    for personal in ("9990000018", "7700900123", "Bartholomew", "1958"):
        assert personal not in trail
