"""A batch of texts that are due, as the product stores them: patients, invitations, and a message for each."""

from collections.abc import Iterator
from datetime import date
from itertools import count, islice
from time import monotonic, perf_counter, sleep
from uuid import UUID, uuid4

from django.db import connection
from django.utils import timezone

from bench import lists
from bench.sending.wire import ACCOUNT, SENDER, TOKEN
from campaigns.models import Campaign, Invitation, lifetime_end
from campaigns.models.states import CampaignState
from core.database import copy_in
from integrations.links import digest, token_for
from integrations.models import ChannelConnection
from integrations.models.outbox import Message, Purpose
from integrations.models.states import MessageState
from patients.models import ListState, PatientList, Recipient, Verdict
from practices.models import Practice, User

_TEXT = "Dear Alma, you can now book your flu vaccination at Example Surgery. Choose a time that suits you: {link}"
_LONGEST_SECONDS = 600
# Seldom, and by a statement that costs next to nothing: who waits must not slow down those who are measured.
_LOOK_EVERY = 0.03
_WAITING = """
SELECT 1 FROM integrations_message WHERE batch_id = %s AND state IN ('due', 'started', 'unknown') LIMIT 1
"""


class Batch:
    """One practice's batch, and its texts, which are made anew for whoever is measured."""

    def __init__(self, size: int) -> None:
        """So many patients, each with an invitation."""
        self.practice = Practice.objects.create(ods_code="A99998", name="Example Surgery", clinical_system="systmone")
        self._campaign = running_campaign(self.practice)
        assert self._campaign.patient_list is not None
        patients = list(islice(patients_of(self._campaign.patient_list), size))
        Recipient.objects.bulk_create(patients, batch_size=2_000)
        self._invitations = [invitation_for(self._campaign, patient) for patient in patients]
        copy_in(self._invitations)
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")  # or PostgreSQL does so by itself, in somebody's turn

    def connect(self, address: str) -> None:
        """Have the practice's texts go to this address."""
        ChannelConnection.objects.update_or_create(
            practice=self.practice,
            defaults={"account_sid": ACCOUNT, "auth_token": TOKEN, "sender": SENDER, "base_url": address},
        )

    def queue(self, texts: int) -> list[UUID]:
        """Texts of which each is due now, and nobody's but these. All of them may go at any hour."""
        with connection.cursor() as cursor:
            cursor.execute("TRUNCATE integrations_message CASCADE")
            cursor.execute("CHECKPOINT")
        messages = [self._message(invitation) for invitation in self._invitations[:texts]]
        copy_in(messages)
        return [message.id for message in messages]

    def _message(self, invitation: Invitation) -> Message:
        return Message(
            practice=self.practice,
            campaign_id=self._campaign.id,
            subject_id=invitation.id,
            purpose=Purpose.INVITATION,
            to=invitation.recipient.mobile,
            body=_TEXT,
            link_key=invitation.link_key,
            fragments=1,
        )

    def seconds_until_sent(self, begun: float, texts: int) -> float:
        """Wait until every text is accepted, and that is committed; the seconds since it was begun."""
        deadline = monotonic() + _LONGEST_SECONDS
        texts_of_batch = Message.objects.of_batch(self._campaign.id)
        while self._some_wait():
            if monotonic() > deadline:
                raise RuntimeError(f"Not all texts went within {_LONGEST_SECONDS} s.")
            sleep(_LOOK_EVERY)
        seconds = perf_counter() - begun
        accepted = texts_of_batch.filter(state=MessageState.ACCEPTED).count()
        assert accepted == texts, f"{accepted} of {texts} texts were accepted"
        return seconds

    def _some_wait(self) -> bool:
        with connection.cursor() as cursor:
            cursor.execute(_WAITING, [self._campaign.id])
            return cursor.fetchone() is not None


def running_campaign(practice: Practice, slot_type: str = "Flu vaccination") -> Campaign:
    """A batch of this practice that has been sent, with a list without patients yet."""
    staff, _ = User.objects.get_or_create(email="sender@example.org")
    patient_list = PatientList.objects.create(
        practice=practice, uploaded_by=staff, system=practice.clinical_system, state=ListState.READY
    )
    return Campaign.objects.create(
        practice=practice,
        created_by=staff,
        state=CampaignState.RUNNING,
        slot_type=slot_type,
        message=_TEXT,
        allow_decline=False,
        patient_list=patient_list,
        any_hour=True,
        started_by=staff,
        started_at=timezone.now(),
        starts_at=timezone.now(),
    )


def patients_of(patient_list: PatientList) -> Iterator[Recipient]:
    """Made-up patients without end: NHS numbers of the 999 range, and phones that nobody has."""
    numbers = filter(None, map(lists.nhs_number, count(999_000_000)))
    for row, nhs_number in enumerate(numbers):
        yield Recipient(
            practice_id=patient_list.practice_id,
            patient_list=patient_list,
            row_number=row + 2,
            nhs_number=nhs_number,
            mobile=f"+447700900{row % 1000:03}",
            date_of_birth=date(1950, 6, 15),
            given_name="Alma",
            family_name="Ashton",
            verdict=Verdict.CAN,
        )


def invitation_for(campaign: Campaign, patient: Recipient) -> Invitation:
    """A patient's invitation with a live link, not stored yet."""
    invitation_id = uuid4()
    return Invitation(
        id=invitation_id,
        practice_id=campaign.practice_id,
        campaign=campaign,
        recipient=patient,
        token_digest=digest(token_for(invitation_id)),
        expires_at=lifetime_end(campaign),
    )
