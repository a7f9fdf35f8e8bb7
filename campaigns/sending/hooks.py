"""What the room has to say about texts that are about to go."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.utils import timezone

from campaigns.models import Invitation, InvitationState
from integrations.messaging.nhs_notify.errors import NOT_TO_BE_TEXTED
from integrations.models.outbox import INVITATIONS, INVITING, SENT_AGAIN, Message, Purpose
from integrations.models.states import MessageState
from patients.opt_outs import services as opt_outs
from practices.models import Practice

_ASKING_AGAIN = (Purpose.REMINDER, Purpose.NEXT_INVITATION, Purpose.APPOINTMENT)

ANSWERED = "The patient has answered since, or the link has been withdrawn."
"""Why an invitation did not go again, for staff."""


def stop_texts(practice: Practice, texts: Sequence[Message]) -> dict[UUID, str]:
    """The texts about an invitation whose patient has opted out since it was made, with the reason (contact#opted-out).

    By NHS number: one query, and one more where the practice has opt-outs of numbers that were erased. The phone's own
    opt-outs are asked about by the room below. An invitation that is sent again, by staff or as the patient asked, does
    not go either once it has been answered or withdrawn: nobody is asked twice, or given a dead link.
    """
    invitations = Invitation.objects.filter(id__any_of={text.subject_id for text in texts}, practice=practice)
    rows = invitations.annotate(
        stopped=opt_outs.holds_for_number("recipient__nhs_number"), digests=opt_outs.has_digests(practice)
    ).values_list("id", "recipient__nhs_number", "stopped", "digests")
    numbers, stopped, has_digests = dict[UUID, str](), set[UUID](), False
    for invitation_id, number, is_stopped, digests in rows:
        numbers[invitation_id], has_digests = number, digests
        if is_stopped:
            stopped.add(invitation_id)
    if has_digests:
        held = opt_outs.stopped_patients(practice, numbers.values())
        stopped |= {invitation_id for invitation_id, number in numbers.items() if number in held}
    return {
        **_answered(practice, [text for text in texts if text.purpose in SENT_AGAIN]),
        **{text.id: opt_outs.STOPPED for text in texts if text.subject_id in stopped},
    }


def _answered(practice: Practice, again: Sequence[Message]) -> dict[UUID, str]:
    """Those of some invitations sent again that are not open any more. They are few: mostly none, and no query."""
    if not again:
        return {}
    waiting = Invitation.objects.filter(practice=practice, state=InvitationState.OPEN)
    still = set(waiting.filter(id__in=[text.subject_id for text in again]).values_list("id", flat=True))
    return {text.id: ANSWERED for text in again if text.subject_id not in still}


def stop_after_failures(practice: Practice, texts: Sequence[Message]) -> dict[UUID, str]:
    """Reminders and further invitations to patients of whom NHS Notify has said that they have died, or are not ours.

    The reason is the one that staff have read of it. What staff send again, and what answers a patient, goes.
    """
    reminding = [text for text in texts if text.purpose in _ASKING_AGAIN]
    if not reminding:
        return {}
    failures = Message.objects.filter(
        practice=practice,
        subject_id__in={text.subject_id for text in reminding},
        state=MessageState.FAILED,
        error_code__in=NOT_TO_BE_TEXTED,
    )
    reasons = dict(failures.values_list("subject_id", "reason"))
    return {text.id: reasons[text.subject_id] for text in reminding if text.subject_id in reasons}


def not_needed(practice: Practice, texts: Sequence[Message]) -> dict[UUID, str]:
    """The texts behind invitations in the NHS App that nobody needs any more, with the reason.

    The patient has answered since by the same link, or staff have; or the practice has booked them itself.
    """
    about = {text.subject_id for text in texts if text.purpose == Purpose.INVITATION and text.app_over is not None}
    if not about:
        return {}
    waiting = Invitation.objects.filter(id__in=about, practice=practice, state=InvitationState.OPEN, elsewhere_at=None)
    done = about - set(waiting.values_list("id", flat=True))
    return {text.id: ANSWERED for text in texts if text.subject_id in done and text.purpose == Purpose.INVITATION}


def nhs_numbers(practice: Practice, texts: Sequence[Message]) -> dict[UUID, str]:
    """For whom texts are: the NHS numbers of the invitations that they are about."""
    invitations = Invitation.objects.filter(id__in={text.subject_id for text in texts}, practice=practice)
    numbers = dict(invitations.values_list("id", "recipient__nhs_number"))
    return {text.id: numbers[text.subject_id] for text in texts if text.subject_id in numbers}


def links_end(practice: Practice, texts: Sequence[Message]) -> dict[UUID, datetime]:
    """When the links in invitations end that are about to go: a text that comes after that is of no use.

    A link that `restart_links` is about to give its lifetime back ends by that.
    """
    about = {text.subject_id for text in texts if text.purpose in INVITATIONS}
    if not about:
        return {}
    now = timezone.now()
    rows = Invitation.objects.filter(id__any_of=about, practice=practice)
    known = {
        subject_id: (expires_at, now + timedelta(days=days))
        for subject_id, expires_at, days in rows.values_list("id", "expires_at", "campaign__link_lifetime_days")
    }
    return {
        text.id: max(known[text.subject_id]) if _restarts(text, now) else known[text.subject_id][0]
        for text in texts
        if text.purpose in INVITATIONS and text.subject_id in known
    }


LATE = timedelta(hours=1)
"""A text that goes this long after it was written gives its link the time back."""


def _restarts(text: Message, now: datetime) -> bool:
    """Whether an inviting text's link has its whole lifetime again once it leaves: an old link, or one that waited."""
    return text.purpose == Purpose.NEXT_INVITATION or now - text.created_at > LATE


def restart_links(practice: Practice, texts: Sequence[Message]) -> None:
    """Give links that have waited, for the morning or a pause, their whole lifetime (inputs#links-that-waited).

    A further invitation of the batch's plan brings a link that has been out for long: it has its whole lifetime again,
    and is open again where an appointment was cancelled after its last day.

    A patient must not get a link that has expired, or has only hours left. Links that are about to go in time are not
    even looked at.
    """
    now = timezone.now()
    late = [text.subject_id for text in texts if text.purpose in INVITING and _restarts(text, now)]
    if not late:
        return
    again = [text.subject_id for text in texts if text.purpose == Purpose.NEXT_INVITATION]
    if again:
        Invitation.objects.filter(id__in=again, practice=practice).open_again()
    Invitation.objects.filter(id__in=late, practice=practice).restart()
