"""One practice with a small batch that is ready to be sent, and all that is outside the product."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import time_machine
from django.conf import settings
from django.core.cache import cache
from django.utils import timezone
from redis import Redis

from campaigns.models import Campaign
from core.wording import LONDON
from integrations.models import ChannelConnection
from integrations.sandbox.server import SandboxServer
from patients.models import Recipient
from practices.models import Practice, User
from tests.connected import connect, seed_patient, seed_slots
from tests.factories import make_campaign, make_list, make_practice, make_recipient, make_staff
from tests.resilience.aborts.inbox import Inbox
from tests.resilience.aborts.points import Watch
from tests.resilience.aborts.processes import Taker
from tests.waiting import wait_until

_TUESDAY = datetime(2026, 10, 6, 10, 0, tzinfo=LONDON)


@dataclass
class Surroundings:
    """What all worlds of a test run share."""

    sandbox: SandboxServer
    inbox: Inbox
    watch: Watch
    clock: time_machine.Traveller
    send_hints_to: Callable[[Taker], None]


@dataclass
class Scene:
    """A practice with three patients: `asha` will book, `bela` will decline, `chen` has a number that is none.

    The answer to Bela's first text is lost, so that the look-up belongs to every journey.
    """

    around: Surroundings

    def __post_init__(self) -> None:
        self.around.clock.move_to(_TUESDAY)
        self.around.inbox.receipts.clear()
        cache.clear()
        self.practice: Practice = make_practice()
        self.staff: User = make_staff(self.practice)
        patient_list = make_list(self.practice, self.staff, rows=0)
        names = {"asha": "Asha", "bela": "Bela", "chen": "Chen"}
        self.patients: dict[str, Recipient] = {
            key: make_recipient(patient_list, row_number=row, given_name=name)
            for row, (key, name) in enumerate(names.items(), start=2)
        }
        self._connect()
        self.batch: Campaign = make_campaign(self.practice, self.staff, patient_list=patient_list)

    def _connect(self) -> None:
        sandbox = self.around.sandbox
        sandbox.control("reset", {})
        connect(self.practice, sandbox)
        account = ChannelConnection.objects.get(practice=self.practice)
        at_once = {"sid": account.account_sid, "token": account.auth_token, "step_seconds": 0}
        sandbox.control("seed", {"accounts": [at_once]})
        for patient in self.patients.values():
            seed_patient(sandbox, self.practice, patient)
        seed_slots(sandbox, self.practice, count=3)
        self._put_trouble(sandbox)

    def _put_trouble(self, sandbox: SandboxServer) -> None:
        bela, chen = self.patients["bela"].mobile, self.patients["chen"].mobile
        sandbox.fault("twilio.create", "timeout_after", match={"To": bela})
        sandbox.fault("twilio.create", "refuse", code="21211", times=None, match={"To": chen})
        # What says nothing new costs every trial its time. Bela's texts tell of every step that matters.
        asha = self.patients["asha"].mobile
        sandbox.fault("twilio.callback", "missing", times=None, match={"MessageStatus": "queued"})
        sandbox.fault("twilio.callback", "missing", times=None, match={"MessageStatus": "sent", "To": asha})

    def time_passes(self, until: datetime) -> None:
        """Move everybody's clock, Redis's too: what it should forget by then is forgotten."""
        seconds = (until - timezone.now()).total_seconds()
        self.around.clock.move_to(until)
        with Redis.from_url(settings.CELERY_BROKER_URL) as redis:
            for key in redis.scan_iter():
                if (left := redis.pttl(key)) >= 0:
                    redis.pexpire(key, max(left - int(seconds * 1000), 0))

    def on_phone(self, patient: str) -> list[str]:
        """The texts that a patient has got, oldest first."""
        mobile = self.patients[patient].mobile
        return [text["body"] for text in self._shown() if text["recipient"] == mobile]

    def texts(self) -> list[dict[str, Any]]:
        """What Twilio took, oldest first."""
        return self._shown()

    def _shown(self) -> list[dict[str, Any]]:
        shown: list[dict[str, Any]] = self.around.sandbox.control("books?part=texts")["texts"]
        return shown

    def books(self, part: str) -> list[dict[str, Any]]:
        """A part of the stand-in's books."""
        query = f"books?part={part}&ods={self.practice.ods_code}"
        rows: list[dict[str, Any]] = self.around.sandbox.control(query)[part]
        return rows

    def let_texts_arrive(self) -> None:
        """Every text that Twilio took has reached its phone, and the news of it is in the inbox."""

        def arrived() -> bool:
            return all(
                text["status"] == "delivered" and self.around.inbox.has(text["sid"], "delivered")
                for text in self.texts()
            )

        wait_until(arrived)

    def let_requests_end(self) -> None:
        """What a dead process asked for may still be under way: it has come through when the books stand still."""
        seen: list[Any] = []

        def still() -> bool:
            seen.append(self.around.sandbox.control("books?part=texts&part=journal&part=appointments&part=codes"))
            return len(seen) > 3 and seen[-1] == seen[-2] == seen[-3]

        wait_until(still)
