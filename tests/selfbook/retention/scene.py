"""A batch whose time is over, with one patient of every outcome and a row in every table that is about patients."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.utils import timezone

from booking.models import (
    AppointmentReminder,
    Booking,
    BookingState,
    Decline,
    NewLinkRequest,
    PatientReply,
    WaitingPatient,
    WrongAnswer,
)
from campaigns.models import (
    Campaign,
    CampaignState,
    CheckRun,
    FollowedUp,
    Invitation,
    InvitationState,
    RecordCheck,
    Reminder,
    ReminderWait,
)
from integrations.messaging.replies import Wish
from integrations.models import DeliveryReceipt, GoneText, IncomingText
from integrations.models.outbox import Message, Purpose
from integrations.models.states import CodeState, MessageState
from patients.models import ColumnQuestion, OtherKind, OtherRow, Recipient, Verdict
from patients.tables.unread_columns import Kind, Topic
from practices.models import Practice, Role, User
from tests.booking.surgery import make_booking
from tests.factories import (
    make_campaign,
    make_coded_entry,
    make_invitation,
    make_list,
    make_message,
    make_practice,
    make_recipient,
    make_staff,
)

NAME_HEADING = {"column": "patient_name", "key": "patient_name", "header": "Name", "position": 0, "from_row": 1}
LONG_AGO = timedelta(days=200)


@dataclass
class Closed:
    """A finished batch of 200 days ago, and what it had."""

    practice: Practice
    manager: User
    campaign: Campaign
    booked: Recipient
    declined: Recipient
    silent: Recipient
    cannot: Recipient


def make_closed(
    practice: Practice | None = None, ago: timedelta = LONG_AGO, state: CampaignState = CampaignState.FINISHED
) -> Closed:
    """Four rows: booked, declined, without an answer, and one that could not be sent."""
    practice = practice or make_practice()
    manager = make_staff(practice, Role.MANAGER)
    then = timezone.now() - ago
    patient_list = make_list(practice, manager, rows=0, row_count=4, columns=[NAME_HEADING])
    campaign = make_campaign(
        practice,
        manager,
        patient_list=patient_list,
        started=True,
        started_at=then,
        starts_at=then,
        state=state,
    )
    Campaign.objects.filter(id=campaign.id).update(changed_at=then, created_at=then)
    booked, declined, silent = (
        make_recipient(
            patient_list, row_number=row, date_of_birth=date(born, 3, 9), original={"patient_name": "Asha Patel"}
        )
        for row, born in ((2, 1950), (3, 1990), (4, 1950))
    )
    cannot = make_recipient(patient_list, row_number=5, verdict=Verdict.CANNOT, reasons=["duplicate"], mobile="")
    invitations = {
        recipient.id: make_invitation(campaign, recipient, expires_at=then + timedelta(days=7))
        for recipient in (booked, declined, silent)
    }
    for number, invitation in enumerate(invitations.values()):
        _texted(invitation, then, f"SM{campaign.id.hex[:20]}{number}")
    _book(invitations[booked.id], then)
    _decline(invitations[declined.id], then)
    _all_else(campaign, invitations[silent.id], manager)
    campaign.refresh_from_db()
    return Closed(practice, manager, campaign, booked, declined, silent, cannot)


def _texted(invitation: Invitation, then: datetime, provider_id: str) -> Message:
    message = make_message(
        invitation,
        state=MessageState.DELIVERED,
        due_at=None,
        provider_id=provider_id,
        sent_at=then,
        settled_at=then,
        created_at=then,
    )
    DeliveryReceipt.objects.create(practice=invitation.practice, provider_id=provider_id, raw_status="delivered")
    filed = {"state": CodeState.FILED, "due_at": None, "settled_at": then, "happened_at": then}
    make_coded_entry(invitation, message, **filed)
    return message


def _book(invitation: Invitation, then: datetime) -> Booking:
    times = {"starts_at": then, "ends_at": then, "created_at": then, "due_at": None}
    booking = make_booking(invitation, BookingState.BOOKED, **times)
    state = {"state": "written", "due_at": None, "until": then}
    AppointmentReminder.objects.create(practice=invitation.practice, booking=booking, step=1, **state)
    PatientReply.objects.create(
        practice=invitation.practice, invitation=invitation, booking=booking, wish=Wish.CANCEL.value, patients=1
    )
    return booking


def _decline(invitation: Invitation, then: datetime) -> None:
    Decline.objects.create(invitation=invitation, practice=invitation.practice, declined_at=then)
    Invitation.objects.filter(id=invitation.id).update(state=InvitationState.DECLINED)


def _all_else(campaign: Campaign, invitation: Invitation, by: User) -> None:
    """Everything else that there may be about a patient."""
    practice, patient_list = campaign.practice, campaign.patient_list
    assert patient_list is not None
    mobile = invitation.recipient.mobile
    NewLinkRequest.objects.create(practice=practice, invitation=invitation, number=0)
    WrongAnswer.objects.create(practice=practice, invitation=invitation, address_digest=b"x" * 32)
    WaitingPatient.objects.create(practice=practice, invitation=invitation, told_at=timezone.now())
    reminder = Reminder.objects.create(
        campaign=campaign, number=1, asked_by=by, patients=1, written_at=campaign.started_at
    )
    ReminderWait.objects.create(reminder=reminder, invitation=invitation)
    about = {"practice": practice, "campaign": campaign, "by": by, "kind": "locked"}
    FollowedUp.objects.create(invitation=invitation, about=invitation.id, **about)
    RecordCheck.objects.create(recipient=invitation.recipient, campaign=campaign)
    CheckRun.objects.create(campaign=campaign, practice=practice)
    message = Message.objects.get(subject_id=invitation.id, purpose=Purpose.INVITATION)
    GoneText.objects.create(
        practice=practice,
        provider="twilio",
        provider_id=f"GT{message.id.hex[:20]}",
        to=mobile,
        words="dear asha",
        link=b"",
        sent_at=timezone.now(),
        message_id=message.id,
    )
    IncomingText.objects.create(
        practice=practice, provider_id=f"IN{message.id.hex[:20]}", mobile=mobile, wish=Wish.CANCEL.value
    )
    OtherRow.objects.create(patient_list=patient_list, place=0, row_number=9, kind=OtherKind.TOTAL, text="Asha Patel")
    question = {"key": "a", "position": 0, "topic": next(iter(Topic)).value, "kind": next(iter(Kind)).value}
    ColumnQuestion.objects.create(
        patient_list=patient_list, number=1, speaks=True, rows=1, text="Asha says no", left_out=True, **question
    )
