"""Everything that changes a batch. Each function is one transaction and leaves an audit event."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils import timezone

from campaigns.drafts import link_life, readiness, versions
from campaigns.drafts.pacing import FIELDS as PACE_FIELDS
from campaigns.drafts.pacing import Pace
from campaigns.drafts.readiness import CannotSend
from campaigns.models import Campaign, MessageTemplate, SnomedCode
from campaigns.models.states import CampaignState, move
from campaigns.reminders import automatic
from campaigns.sending import approval, schedule, waves
from campaigns.sequences import editing
from campaigns.wording.appointment_details import DETAILS, AppointmentDetails
from core.hints import hint
from patients.lists import questions, screening
from patients.lists.discarding import discard
from patients.lists.queries import same_file_today
from patients.lists.services import accept_upload
from patients.models import PatientList
from practices.audit import trail as audit
from practices.models import Practice, User


class AlreadySent(Exception):
    """The batch has been sent: it can no longer be changed."""


def create_draft(*, practice: Practice, by: User) -> Campaign:
    """A new batch with nothing in it yet."""
    with transaction.atomic():
        campaign = Campaign.objects.create(
            practice=practice, created_by=by, link_lifetime_days=settings.LINK_LIFETIME_DAYS
        )
        audit.record("campaign.created", practice=practice, actor=by, object_id=campaign.id)
    return campaign


def lock_draft(campaign: Campaign) -> Campaign:
    """The draft, locked until the transaction ends. Raises AlreadySent, ChangedMeanwhile."""
    locked = Campaign.objects.select_for_update().get(id=campaign.id)
    if not locked.is_draft:
        raise AlreadySent
    versions.check(locked, campaign.expected)
    return locked


@transaction.atomic
def choose_slot_type(*, campaign: Campaign, slot_type: str, by: User) -> Campaign:
    """Patients of this batch book into this slot type. Raises AlreadySent.

    Others may have booked that type already: when that changes who can be sent to, staff must look at the list again.
    """
    draft = lock_draft(campaign)
    if draft.slot_type != slot_type:
        draft.clinicians, draft.sessions = [], []  # another type has others
    draft.slot_type = slot_type
    draft.save(update_fields=["slot_type", "clinicians", "sessions", "changed_at"])
    if _screen(draft):
        _unsettle_list(draft)
    audit.record("campaign.slot_type", practice=draft.practice, actor=by, object_id=draft.id, slot_type=slot_type)
    return draft


@transaction.atomic
def limit_times(
    *, campaign: Campaign, clinicians: list[str], sessions: list[str], horizon_days: int | None, by: User
) -> Campaign:
    """Patients see only these clinicians' and sessions' slots (none: all), so many days ahead. Raises AlreadySent."""
    draft = lock_draft(campaign)
    draft.clinicians, draft.sessions, draft.horizon_days = clinicians, sessions, horizon_days
    draft.save(update_fields=["clinicians", "sessions", "horizon_days", "changed_at"])
    audit.record(
        "campaign.limits",
        practice=draft.practice,
        actor=by,
        object_id=draft.id,
        clinicians=len(clinicians),
        sessions=len(sessions),
        horizon_days=horizon_days,
    )
    return draft


@transaction.atomic
def write_message(
    *,
    campaign: Campaign,
    message: str,
    template: MessageTemplate | None,
    code: SnomedCode | None,
    by: User,
    details: AppointmentDetails | None = None,
) -> Campaign:
    """The words of the invitation and the code to file with it. Raises AlreadySent.

    `details` are what patients read of the appointment after the date of birth; without any they stay as they are.
    """
    draft = lock_draft(campaign)
    draft.message, draft.template, draft.invitation_code = message, template, code
    draft.save(update_fields=["message", "template", "invitation_code", "changed_at"])
    editing.drop_repeated(draft)
    if details is not None and details.write_to(draft):
        draft.save(update_fields=[*DETAILS, "changed_at"])
        audit.record("campaign.appointment", practice=draft.practice, actor=by, object_id=draft.id, given=details.given)
    audit.record(
        "campaign.message",
        practice=draft.practice,
        actor=by,
        object_id=draft.id,
        code=code.concept_id if code else None,
    )
    return draft


@transaction.atomic
def set_decline(*, campaign: Campaign, allow: bool, message: str, code: SnomedCode | None, by: User) -> Campaign:
    """Whether patients may decline, what they are told first, and what is filed. Raises AlreadySent."""
    draft = lock_draft(campaign)
    draft.allow_decline = allow
    draft.decline_message = message if allow else ""
    draft.decline_code = code if allow else None
    draft.save(update_fields=["allow_decline", "decline_message", "decline_code", "changed_at"])
    audit.record(
        "campaign.decline",
        practice=draft.practice,
        actor=by,
        object_id=draft.id,
        allowed=allow,
        code=code.concept_id if allow and code else None,
    )
    return draft


@transaction.atomic
def choose_time(
    *,
    campaign: Campaign,
    send_at: datetime | None,
    spread_days: int,
    any_hour: bool,
    by: User,
    pace: Pace | None = None,
) -> Campaign:
    """When the texts go: at once (None) or at a time, over how many days. Raises AlreadySent, CannotSend.

    With a `pace` also whether it invites as appointments last, and how; without one that stays as it is.
    """
    draft = lock_draft(campaign)
    draft.send_at, draft.spread_days, draft.any_hour = send_at, spread_days, any_hour
    if reasons := schedule.reasons_against(draft):
        raise CannotSend(reasons)
    if pace is not None:
        for name in PACE_FIELDS:
            setattr(draft, name, getattr(pace, name))
    draft.save(update_fields=["send_at", "spread_days", "any_hour", *PACE_FIELDS, "changed_at"])
    audit.record(
        "campaign.time",
        practice=draft.practice,
        actor=by,
        object_id=draft.id,
        send_at=send_at.isoformat() if send_at else None,
        days=spread_days,
        any_hour=any_hour,
        pace=asdict(pace) if pace else None,
    )
    return draft


@transaction.atomic
def choose_reminders(*, campaign: Campaign, days: Sequence[int], by: User) -> Campaign:
    """On which days after their text patients who have not answered are reminded: none, or up to three.

    Raises AlreadySent, CannotSend.
    """
    draft = lock_draft(campaign)
    further = draft.planned_invitations.filter(number=2).first()
    reason = automatic.reason_against(draft, days)
    if reason := reason or (editing.reason_against_reminders(days, further.gap_days) if further else ""):
        raise CannotSend([reason])
    draft.reminder_days = list(days)
    draft.save(update_fields=["reminder_days", "changed_at"])
    audit.record("campaign.reminders", practice=draft.practice, actor=by, object_id=draft.id, days=list(days))
    return draft


@transaction.atomic
def choose_link_life(*, campaign: Campaign, days: int, by: User) -> Campaign:
    """For how many days its links work: 1 to 42, and longer than its last reminder. Raises AlreadySent, CannotSend."""
    draft = lock_draft(campaign)
    if reason := link_life.reason_against(draft, days):
        raise CannotSend([reason])
    draft.link_lifetime_days = days
    draft.save(update_fields=["link_lifetime_days", "changed_at"])
    audit.record("campaign.link_life", practice=draft.practice, actor=by, object_id=draft.id, days=days)
    return draft


@transaction.atomic
def upload_list(*, campaign: Campaign, file: UploadedFile[bytes], by: User) -> Campaign:
    """Take a file in as the batch's list. Raises FileFault, AlreadySent; then nothing of the file is kept."""
    draft = lock_draft(campaign)
    patient_list = accept_upload(practice=draft.practice, uploaded_by=by, file=file)
    return attach_list(campaign=draft, patient_list=patient_list, by=by)


@transaction.atomic
def attach_list(*, campaign: Campaign, patient_list: PatientList, by: User) -> Campaign:
    """Send to this list instead of any before. The former list's rows go. Raises AlreadySent."""
    draft = lock_draft(campaign)
    former = draft.patient_list
    draft.patient_list, draft.list_agreed = patient_list, False
    draft.include_invited = draft.include_booked = False  # what was chosen was about the former list's patients
    draft.save(update_fields=["patient_list", "list_agreed", "include_invited", "include_booked", "changed_at"])
    if former is not None and former != patient_list:
        discard(former)
    audit.record("campaign.list", practice=draft.practice, actor=by, object_id=draft.id, rows=patient_list.row_count)
    return draft


@transaction.atomic
def choose_included(
    *, campaign: Campaign, invited: bool, booked: bool, by: User, booked_within_days: int | None = None
) -> Campaign:
    """Whether patients who are already invited, or booked within so many days, get this invitation too.

    Without a number of days it is BOOKED_ALREADY_DAYS. Raises AlreadySent.

    Who can be sent to is another matter then: staff must look at the list again.
    """
    draft = lock_draft(campaign)
    draft.include_invited, draft.include_booked = invited, booked
    draft.booked_within_days = booked_within_days
    draft.save(update_fields=["include_invited", "include_booked", "booked_within_days", "changed_at"])
    _screen(draft)
    _unsettle_list(draft)
    audit.record(
        "campaign.included",
        practice=draft.practice,
        actor=by,
        object_id=draft.id,
        invited=invited,
        booked=booked,
        booked_within_days=booked_within_days,
    )
    return draft


@transaction.atomic
def answer_columns(*, campaign: Campaign, answers: Mapping[int, bool], by: User) -> Campaign:
    """Who is left out for what the list's columns say, by the questions' numbers. Raises AlreadySent.

    Who can be sent to is another matter then: staff must look at the list again.
    """
    draft = lock_draft(campaign)
    if draft.patient_list is not None:
        questions.answer(patient_list=draft.patient_list, answers=answers, by=by)
        _screen(draft)
        _unsettle_list(draft)
    return draft


def _screen(campaign: Campaign) -> int:
    """Screen the batch's list again, if there is one and it is ready; how many rows have another verdict now."""
    return screening.screen(campaign.patient_list) if campaign.patient_list is not None else 0


def _unsettle_list(draft: Campaign) -> None:
    draft.list_agreed = False
    draft.save(update_fields=["list_agreed", "changed_at"])


@transaction.atomic
def agree_list(*, campaign: Campaign, by: User, same_file: bool = False) -> Campaign:
    """Staff saw who can and cannot be sent to, and go on. Raises AlreadySent, CannotSend.

    A file that was uploaded today before is only taken when staff mean it (`same_file`; lists#same-file-again).
    """
    draft = lock_draft(campaign)
    reasons = readiness.list_reasons(draft)
    if not reasons and not same_file and draft.patient_list and same_file_today(draft.patient_list):
        reasons = ["This file was uploaded once already today. Say that you want to use it again, or upload another."]
    if reasons:
        raise CannotSend(reasons)
    draft.list_agreed = True
    draft.save(update_fields=["list_agreed", "changed_at"])
    audit.record("campaign.list_agreed", practice=draft.practice, actor=by, object_id=draft.id, same_file=same_file)
    return draft


def start(*, campaign: Campaign, longest_name: str, by: User, seen: int | None = None, paced: bool = False) -> Campaign:
    """Send the batch. Pressing Send again, or somebody else's Send, changes nothing.

    The list is screened again first: patients may have opted out, booked or been invited since it was uploaded
    (contact#asked-again-at-send). `seen` is how many patients staff were told would be sent to; if there are more or
    fewer now, they must look again. `paced` is what they were shown of inviting as appointments last, where they have
    not chosen otherwise. Raises CannotSend; what screening found is kept then too, so that staff see it.

    Where the practice wants a second person for so many patients, it waits for approval instead (`second_person`).

    Nothing leaves yet: the invitations of each part are made by a worker when its time has come, and until the first
    of them the batch can be made a draft again (`control.undo`).
    """
    with transaction.atomic():
        locked = Campaign.objects.select_for_update().get(id=campaign.id)
        if not locked.is_draft:
            return locked
        # Two batches for the same patients, sent at the same moment: the second one sees the first.
        Practice.objects.select_for_update(no_key=True).get(id=locked.practice_id)
        _screen(locked)
        reasons = readiness.reasons_now(locked, longest=longest_name, seen=seen)
        if not reasons and locked.paced is None:
            locked.paced = paced
            locked.save(update_fields=["paced", "changed_at"])
        if not reasons and approval.is_needed(locked.practice, readiness.patients(locked)):
            approval.ask(locked=locked, by=by)
        elif not reasons:
            _schedule(locked, by)
    if reasons:
        raise CannotSend(reasons)
    return locked


def approve(*, campaign: Campaign, longest_name: str, by: User, seen: int | None = None) -> Campaign:
    """Let a batch go that waits for a second person. Approving twice, or one that waits no more, changes nothing.

    It is looked at as when Send is pressed: `longest_name` and `seen` are as in `start`. Raises CannotSend,
    second_person.CannotApprove.
    """
    refused = None
    with transaction.atomic():
        locked = Campaign.objects.select_for_update().get(id=campaign.id)
        if not approval.is_waiting(locked):
            return locked
        Practice.objects.select_for_update(no_key=True).get(id=locked.practice_id)
        _screen(locked)
        reasons = readiness.reasons_now(locked, longest=longest_name, seen=seen)
        if not reasons:
            asked_by = locked.asked_by
            assert asked_by is not None  # a batch that waits was asked about; the database holds it
            refused = approval.approve(locked=locked, by=by)
            if not refused:
                _schedule(locked, asked_by)
    if reasons:
        raise CannotSend(reasons)
    if refused:
        raise approval.CannotApprove(refused.sentence)
    return locked


def _schedule(locked: Campaign, by: User) -> None:
    parts = schedule.plan(locked, readiness.patients(locked))
    if locked.paced:
        _pace(locked, by, parts[0].due_at)
        return
    move(locked, CampaignState.SCHEDULED)
    locked.started_by, locked.started_at, locked.starts_at = by, timezone.now(), parts[0].due_at
    locked.next_reminder_at = automatic.first(locked, parts)
    times = ["started_at", "starts_at", "next_reminder_at", "changed_at"]
    locked.save(update_fields=["state", "started_by", *times])
    waves.create(locked, parts)
    audit.record("campaign.sent", practice=locked.practice, actor=by, object_id=locked.id, days=len(parts))
    hint("campaigns.issue_invitations", locked.id, after=settings.UNDO_SECONDS)
    hint("campaigns.check_patients", locked.id)  # in the time in which it can be undone nothing goes, but much is read


def _pace(locked: Campaign, by: User, start: datetime) -> None:
    """Send a batch that invites as appointments last: whom, and how many, is decided hour by hour from `start` on."""
    move(locked, CampaignState.SCHEDULED)
    locked.started_by, locked.started_at = by, timezone.now()
    locked.starts_at = locked.next_decision_at = start
    locked.inviting_stopped_at = None
    times = ["started_at", "starts_at", "next_decision_at", "inviting_stopped_at", "changed_at"]
    locked.save(update_fields=["state", "started_by", *times])
    audit.record("campaign.sent", practice=locked.practice, actor=by, object_id=locked.id, paced=True)
    hint("campaigns.decide_invitations", locked.id, after=settings.UNDO_SECONDS)


@transaction.atomic
def delete_draft(*, campaign: Campaign, by: User) -> None:
    """Throw a draft away, with its list. Raises AlreadySent."""
    draft = lock_draft(campaign)
    patient_list = draft.patient_list
    draft.delete()
    if patient_list is not None:
        discard(patient_list)
    audit.record("campaign.deleted", practice=campaign.practice, actor=by, object_id=campaign.id)
