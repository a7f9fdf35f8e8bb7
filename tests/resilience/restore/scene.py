"""A practice in the middle of a batch: what it does before the dump, and what everybody does after it."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx
from django.utils import timezone

from booking.appointments import cancel as appointments_cancel
from booking.appointments import services
from booking.models import Booking, Decline
from booking.slots import offered as slots
from booking.workers import book, cancel
from campaigns.models import Campaign, Invitation
from campaigns.models.states import CampaignState
from campaigns.sending import issuing
from integrations.models import ChannelConnection
from integrations.models.outbox import CodedEntry, Message
from integrations.models.states import CodeState, MessageState
from integrations.outbox import sweeping
from integrations.outbox.codes import filing
from integrations.outbox.messages import sending
from integrations.reconciling import texts as reconciling
from integrations.sandbox.server import SandboxServer
from patients.models import OptOut
from practices.models import Practice
from tests.connected import connect, seed_patient, seed_slots
from tests.factories import make_campaign, make_list, make_practice, make_recipient, make_staff
from tests.waiting import wait_until

NAMES = ["Asha", "Bela", "Chen", "Dora", "Emil", "Fay", "Gita", "Hugo", "Iris", "Jo", "Kim", "Lee"]
HALF = len(NAMES) // 2


@dataclass
class State:
    """What the product knows at a moment, by names that outlive a restore."""

    invitations: dict[str, str]
    appointments: dict[str, str]
    declined: set[str]
    stopped: set[str]


class Scene:
    """One connected practice with a batch of twelve, of which half the invitations are made before the dump."""

    def __init__(self, sandbox: SandboxServer) -> None:
        self.sandbox = sandbox
        sandbox.control("reset", {})
        self.practice: Practice = make_practice()
        connect(self.practice, sandbox)
        account = ChannelConnection.objects.get(practice=self.practice)
        at_once = {"sid": account.account_sid, "token": account.auth_token, "step_seconds": 0}
        sandbox.control("seed", {"accounts": [at_once]})
        # Nobody serves the product's address here: each try of a callback would hold a text up for seconds.
        sandbox.fault("twilio.callback", "missing", times=None)
        staff = make_staff(self.practice)
        patient_list = make_list(self.practice, staff, rows=0)
        for row, name in enumerate(NAMES):
            recipient = make_recipient(patient_list, given_name=name, row_number=row + 2)
            seed_patient(sandbox, self.practice, recipient)
        seed_slots(sandbox, self.practice, count=10)
        self.campaign: Campaign = make_campaign(
            self.practice, staff, patient_list=patient_list, started=True, state=CampaignState.STARTING
        )

    def before_the_dump(self) -> None:
        """Six are invited and three of them texted; Asha is booked, and Bela has asked for a time."""
        issuing.issue(self.campaign.id, chunks=1)
        later = [self.invitation(name).id for name in NAMES[3:HALF]]
        Message.objects.filter(subject_id__in=later).update(due_at=timezone.now() + timedelta(hours=1))
        sending.send_due(self.practice.id)
        Message.objects.filter(subject_id__in=later).update(due_at=timezone.now())
        self._confirm("Asha")
        self._work()
        self._confirm("Bela", works=False)

    def after_the_dump(self) -> None:
        """All are texted; Bela, Chen and Gita are booked, Asha cancels, Dora declines, Emil texts STOP."""
        self.work_off()
        asha = self.invitation("Asha").bookings.get()
        appointments_cancel.cancel(booking_id=asha.id)
        for name in ("Chen", "Gita"):
            self._confirm(name)
        services.decline(invitation_id=self.invitation("Dora").id)
        number = self.invitation("Emil").recipient.mobile
        httpx.post(f"{self.sandbox.url}/phone/{number}/", data={"reply": "STOP"})
        reconciling.read(self.practice, timezone.now() - timedelta(minutes=5))
        self.work_off()

    def work_off(self) -> None:
        """What workers do until there is nothing to do: whatever may leave does."""
        for _ in range(3):
            issuing.issue(self.campaign.id)
            self._work()
            sending.send_due(self.practice.id)
            wait_until(self._all_arrived, seen=lambda: self.sandbox.control("books?part=texts")["texts"])
            asked = Message.objects.filter(state__in=[MessageState.ACCEPTED, MessageState.SENT, MessageState.UNKNOWN])
            asked.update(due_at=timezone.now())
            sweeping.ask_provider(self.practice.id)
            CodedEntry.objects.filter(state=CodeState.DUE).update(due_at=timezone.now())
            filing.file_due(self.practice.id)

    def _all_arrived(self) -> bool:
        texts = self.sandbox.control("books?part=texts")["texts"]
        return not any(row["status"] in {"accepted", "queued", "sending", "sent"} for row in texts)

    def _work(self) -> None:
        for booking in Booking.objects.filter(due_at__isnull=False):
            book.make(booking.id)
            cancel.undo(booking.id)

    def _confirm(self, name: str, *, works: bool = True) -> None:
        invitation = self.invitation(name)
        slot = slots.available(invitation)[0]
        services.hold(invitation_id=invitation.id, slot=slot)
        booking = services.confirm(invitation_id=invitation.id)
        if works:
            book.make(booking.id)

    def invitation(self, name: str) -> Invitation:
        related = ("recipient", "campaign", "practice")
        return Invitation.objects.select_related(*related).get(campaign=self.campaign, recipient__given_name=name)

    def texts(self) -> list[tuple[str, str]]:
        """Every text that has gone, to whom and in which words: the same again is a text too many."""
        rows = self.sandbox.control("books?part=texts")["texts"]
        return sorted((row["recipient"], row["body"]) for row in rows)

    def books(self, part: str) -> list[dict[str, Any]]:
        return list(self.sandbox.control(f"books?part={part}&ods={self.practice.ods_code}")[part])

    def state(self) -> State:
        rows = Invitation.objects.filter(campaign=self.campaign)
        name = "invitation__recipient__given_name"
        return State(
            dict(rows.values_list("recipient__given_name", "state")),
            dict(Booking.objects.filter(state="booked").values_list(name, "appointment_id")),
            set(Decline.objects.values_list(name, flat=True)),
            set(OptOut.objects.live().values_list("mobile", flat=True)),
        )
