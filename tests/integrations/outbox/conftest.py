"""A practice connected to the stand-ins, and rows in its outbox."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest

from campaigns.models import Campaign, Invitation
from integrations.models.outbox import CodedEntry, Message, Purpose
from integrations.outbox.messages import sending
from integrations.sandbox.server import SandboxServer
from practices.models import Practice
from tests.connected import connect, seed_patient
from tests.factories import make_campaign, make_coded_entry, make_invitation, make_message, make_practice
from tests.waiting import PATIENCE


@pytest.fixture(scope="session")
def sandbox() -> Iterator[SandboxServer]:
    with SandboxServer() as server:
        yield server


@pytest.fixture(autouse=True)
def _turns_end_by_their_work(monkeypatch: pytest.MonkeyPatch) -> None:
    """And not by their time: what a turn does in three seconds says more about the machine's other work."""
    monkeypatch.setattr(sending, "TURN_SECONDS", PATIENCE)


@dataclass
class Case:
    """One started batch of a connected practice."""

    sandbox: SandboxServer
    practice: Practice
    campaign: Campaign

    def invitation(self) -> Invitation:
        invitation = make_invitation(self.campaign)
        seed_patient(self.sandbox, self.practice, invitation.recipient)
        return invitation

    def message(self, **fields: Any) -> Message:
        return make_message(self.invitation(), **fields)

    def messages(self, count: int, **fields: Any) -> list[Message]:
        """So many due texts, about invitations that nobody will look at."""
        values: dict[str, Any] = {
            "practice": self.practice,
            "campaign_id": self.campaign.id,
            "purpose": Purpose.INVITATION,
            "body": "Dear Asha, please book your appointment: {link}",
            "fragments": 1,
        }
        return Message.objects.bulk_create(
            Message(subject_id=uuid4(), to=f"+447700900{number % 1000:03}", **values | fields)
            for number in range(count)
        )

    def code(self, message: Message | None = None, **fields: Any) -> CodedEntry:
        invitation = Invitation.objects.get(id=message.subject_id) if message else self.invitation()
        return make_coded_entry(invitation, after_message=message, **fields)

    def texts(self) -> list[dict[str, Any]]:
        account = self.practice.channel_connection.account_sid
        return [text for text in self.sandbox.control("books?part=texts")["texts"] if text["account"] == account]

    def codes(self) -> list[dict[str, Any]]:
        return list(self.sandbox.control(f"books?part=codes&ods={self.practice.ods_code}")["codes"])


@pytest.fixture
def case(db: None, sandbox: SandboxServer) -> Iterator[Case]:
    practice = make_practice()
    connect(practice, sandbox)
    yield Case(sandbox, practice, make_campaign(practice, started=True))
    sandbox.control("faults", method="DELETE")
