"""A batch on its way, in staff's hands: undo, pause, resume, cancel. Doing the same twice changes nothing more."""

from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from campaigns.models import Campaign, Invitation, InvitationState, Reminder
from campaigns.models.states import CampaignState, move
from campaigns.sending import approval, waves
from campaigns.sending.rechecks import forgetting, remaking
from core.claims import WORKED_ON
from core.database import whole_sets
from core.hints import hint
from integrations.models.outbox import CodedEntry, Message, Purpose
from integrations.models.states import CodeState, MessageState
from integrations.outbox.messages import holding
from practices.alerts import services as alerts
from practices.audit import trail as audit
from practices.models import Alert, AlertKind, User


def _move(campaign_id: UUID, state: CampaignState) -> Campaign | None:
    """The batch, locked and moved; None when it may not go to that state."""
    campaign = Campaign.objects.select_for_update(of=("self",)).select_related("practice").get(id=campaign_id)
    if not move(campaign, state):
        return None
    if state in (CampaignState.CANCELLED, CampaignState.FINISHED):
        campaign.next_reminder_at = campaign.next_decision_at = campaign.next_invitation_at = None
    times = ["next_reminder_at", "next_decision_at", "next_invitation_at"]
    campaign.save(update_fields=["state", *times, "changed_at"])
    return campaign


@transaction.atomic
def undo(*, campaign: Campaign, by: User) -> bool:
    """Make a batch of which nothing has gone a draft again; False when it is too late for that, or was done before."""
    locked = Campaign.objects.select_for_update().get(id=campaign.id)
    if locked.state != CampaignState.SCHEDULED:
        return False
    undone = _move(campaign.id, CampaignState.DRAFT)
    assert undone is not None  # a batch of which nothing has gone may always be a draft again
    undone.waves.all().delete()
    undone.decisions.all().delete()
    forgetting.forget(undone)
    undone.started_by = undone.started_at = undone.starts_at = None
    undone.next_reminder_at = undone.next_decision_at = undone.inviting_stopped_at = None
    undone.next_invitation_at = None
    approval.forget(undone)
    times = ["started_at", "starts_at", "next_reminder_at", "next_decision_at", "inviting_stopped_at"]
    undone.save(update_fields=["started_by", *times, "next_invitation_at", *approval.FIELDS, "changed_at"])
    audit.record("campaign.undone", practice=undone.practice, actor=by, object_id=undone.id)
    return True


@transaction.atomic
def pause(*, campaign: Campaign, by: User) -> bool:
    """Let nothing more of the batch leave until somebody resumes it; False when there was nothing to pause."""
    paused = _move(campaign.id, CampaignState.PAUSED)
    if paused is None:
        return False
    holding.pause(paused.id)
    audit.record("campaign.paused", practice=paused.practice, actor=by, object_id=paused.id)
    return True


@transaction.atomic
def resume(*, campaign: Campaign, by: User) -> bool:
    """Send the rest of a paused batch; False when it is not paused."""
    locked = Campaign.objects.select_for_update().get(id=campaign.id)
    if locked.state != CampaignState.PAUSED:
        return False
    resumed = _move(campaign.id, CampaignState.STARTING)
    assert resumed is not None  # a paused batch may always be resumed
    remaking.take_back(resumed)
    if resumed.paced:
        waves.lapse(resumed)  # what was decided before the pause is decided anew
    else:
        waves.put_off(resumed)
    holding.resume(resumed.practice, resumed.id)
    audit.record("campaign.resumed", practice=resumed.practice, actor=by, object_id=resumed.id)
    hint("campaigns.issue_invitations", resumed.id)
    for reminder_id in resumed.reminders.filter(written_at=None).values_list("id", flat=True):
        hint("campaigns.write_reminders", reminder_id)
    return True


@transaction.atomic
def cancel(*, campaign: Campaign, by: User, sent_links_too: bool = False) -> bool:
    """Withdraw what has not left, for good; False when the batch was cancelled before, or is still a draft.

    Links that have gone work on, unless staff want those without an answer withdrawn as well (`sent_links_too`).
    """
    cancelled = _move(campaign.id, CampaignState.CANCELLED)
    if cancelled is None:
        return False
    count = _withdraw(cancelled.id)
    if sent_links_too:
        Invitation.objects.filter(campaign=cancelled).withdraw()
        # A booking that is on its way now may fail later: then its link must not open again.
        cancelled.links_withdrawn = True
        cancelled.save(update_fields=["links_withdrawn", "changed_at"])
    audit.record(
        "campaign.cancelled",
        practice=cancelled.practice,
        actor=by,
        object_id=cancelled.id,
        withdrawn=count,
        sent_links_too=sent_links_too,
    )
    return True


def sweep() -> None:
    """Mark finished batches, and withdraw texts of cancelled ones that were being sent then and did not leave."""
    finish()
    cancelled = Campaign.objects.filter(id__in=holding.held_batches(), state=CampaignState.CANCELLED)
    for campaign_id in cancelled.values_list("id", flat=True)[:WORKED_ON]:
        with transaction.atomic():
            _withdraw(campaign_id)


def finish() -> None:
    """Mark the batches of which nothing more will happen by itself: no text or code on its way, no link to answer.

    Nor a plan that still has somebody to invite.
    """
    running = Campaign.objects.filter(state=CampaignState.RUNNING, next_decision_at=None, next_invitation_at=None)
    answering = Invitation.objects.filter(campaign=OuterRef("id"), state=InvitationState.BOOKING)
    open_links = Invitation.objects.answerable().filter(campaign=OuterRef("id"))
    texts = Message.objects.filter(campaign_id=OuterRef("id"), due_at__isnull=False)
    codes = CodedEntry.objects.filter(campaign_id=OuterRef("id")).filter(
        Q(due_at__isnull=False) | Q(state=CodeState.WAITING)
    )
    unwritten = Reminder.objects.filter(campaign=OuterRef("id"), written_at=None)
    over = running.exclude(Exists(answering) | Exists(open_links) | Exists(texts) | Exists(codes) | Exists(unwritten))
    with transaction.atomic():
        locked = over.order_by("id").select_for_update(of=("self",), skip_locked=True)
        practice_ids = dict(locked.values_list("id", "practice_id"))
        ids, now, kind = list(practice_ids), timezone.now(), AlertKind.BATCH_FINISHED
        finished = Campaign.objects.filter(id__any_of=ids)
        finished.update(state=CampaignState.FINISHED, next_reminder_at=None, changed_at=now)
        alerts.note_all(
            [
                Alert(practice_id=practice_id, kind=kind, occasion=f"{batch_id} {now.isoformat()}", about=batch_id)
                for batch_id, practice_id in practice_ids.items()
            ]
        )


def _withdraw(campaign_id: UUID) -> int:
    """Withdraw the texts that have not left and the links in them; how many."""
    count = holding.withdraw(campaign_id)
    unsent = Message.objects.of_batch(campaign_id).filter(state=MessageState.WITHDRAWN, purpose=Purpose.INVITATION)
    links = Invitation.objects.filter(campaign=campaign_id, id__in=unsent.values("subject_id"))
    with whole_sets():
        links.withdraw()
    return count
