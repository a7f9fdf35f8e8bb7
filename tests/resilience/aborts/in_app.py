"""The journey by which invitations go into the NHS App first: read there, not read, or no app at all.

Asha and Bela have the app. Asha reads the invitation after two hours; Bela never looks. Chen has no app. So there is
one message in the app for each of the first two, and one text for each of the last two.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.utils import timezone

from campaigns.models import Campaign
from campaigns.results.funnel import funnel
from integrations.models import Routing
from integrations.models.outbox import Message
from integrations.models.states import MessageState
from integrations.sandbox.notify.journeys import APP_SENDER
from integrations.sandbox.server import SandboxServer
from tests.connected import connect_notify
from tests.resilience.aborts.ending import Picture, compare, picture
from tests.resilience.aborts.inbox import Receipt
from tests.resilience.aborts.people import Patient, send
from tests.resilience.aborts.trials import Journey
from tests.resilience.aborts.world import World
from tests.waiting import wait_until

_READS_AFTER = timedelta(hours=2)
_TEXT_AFTER_HOURS = 20
"""Before NHS Notify gives up by itself, which is after a day and by the stand-in's own watch."""
_LADDER = ["rejected", "failed", "read", "delivered"]
_ENDS = ("delivered", "failed")


@dataclass
class AppWorld(World):
    """The practice has an account with NHS Notify, and its own texts behind it."""

    has_read: bool = False
    reads_at: datetime = field(init=False)

    def __post_init__(self) -> None:
        super().__post_init__()
        self.reads_at = timezone.now() + _READS_AFTER

    def _put_trouble(self, sandbox: SandboxServer) -> None:
        """Bela's text loses its answer; of what says nothing new, nothing is said."""
        app_first = {"channel": Routing.APP_THEN_OURS, "text_after_hours": _TEXT_AFTER_HOURS}
        connect_notify(sandbox, self.practice, step_seconds=0, called_back=True, **app_first)
        users = [
            {"ods": self.practice.ods_code, "nhs_number": self.patients[name].nhs_number} for name in ("asha", "bela")
        ]
        sandbox.control("seed", {"app_users": users})
        sandbox.fault("twilio.create", "timeout_after", match={"To": self.patients["bela"].mobile})
        sandbox.fault("twilio.callback", "missing", times=None, match={"MessageStatus": "queued"})
        sandbox.fault("twilio.callback", "missing", times=None, match={"MessageStatus": "sent"})
        for status in ("pending_enrichment", "enriched", "sending"):
            sandbox.fault("notify.callback", "missing", times=None, match={"status": status})

    def texts(self) -> list[dict[str, Any]]:
        """What came by Twilio; the stand-in shows on the same phones what is in the app."""
        return [text for text in super().texts() if text["sender"] != APP_SENDER]

    def let_texts_arrive(self) -> None:
        """And every message by NHS Notify lies where it stays, and the news of it is in the inbox."""
        super().let_texts_arrive()
        wait_until(lambda: all(self._lies(notice) for notice in self.books("notices")))

    def _lies(self, notice: dict[str, Any]) -> bool:
        """By the words of NHS Notify, what nobody has read in the app is on its way for a day."""
        if notice["status"] in _ENDS:
            return self._nobody_hears_of(notice) or self.around.inbox.has_heard(notice["reference"], notice["status"])
        return any(channel["channelStatus"] == "sending" for channel in notice["channels"])

    def _nobody_hears_of(self, notice: dict[str, Any]) -> bool:
        """It has given up Bela's by itself."""
        return self.has_read and notice["status"] == "failed"

    def next_moment(self) -> datetime | None:
        """Asha's reading is one that matters, too."""
        moment = super().next_moment()
        return moment if moment is None or self.has_read else min(moment, self.reads_at)

    def time_passes(self, until: datetime) -> None:
        """Asha opens the app when it is time."""
        super().time_passes(until)
        if not self.has_read and timezone.now() >= self.reads_at:
            self.has_read = True
            asha = self.patients["asha"].nhs_number
            [notice] = [item for item in self.books("notices") if item["nhs_number"] == asha]
            # When NHS Notify gives up after a day, nobody needs the news of it.
            self.around.sandbox.fault("notify.callback", "missing", times=None, match={"status": "failed"})
            assert self.around.sandbox.control("app-read", {"id": notice["id"]})["read"]
            for status in ("read", "delivered"):
                wait_until(partial(self.around.inbox.has_heard, notice["reference"], status))

    def rank(self, receipt: Receipt) -> tuple[int, ...]:
        """NHS Notify's news first: patient after patient, as it came."""
        if not receipt.event:
            return (1, *super().rank(receipt))
        mobile = Message.objects.get(id=receipt.event["messageReference"]).to
        mobiles = [patient.mobile for patient in self.patients.values()]
        return (0, mobiles.index(mobile), _LADDER.index(receipt.status))


def travel(world: AppWorld) -> dict[str, Patient]:
    """Send, and wait until all is quiet. Nobody opens a link."""
    send(world)
    world.until_final()
    world.beat()
    world.hints.extend(world.lost)
    world.until_final()
    return {}


def check(world: AppWorld, people: dict[str, Patient], expected: Picture | None) -> Picture:
    """Nobody has more than one message in the app, or more than one text. Raises AssertionError."""
    actual = picture(world)
    notices = [item["nhs_number"] for item in world.books("notices")]
    in_app = {name: notices.count(patient.nhs_number) for name, patient in world.patients.items()}
    assert in_app == {"asha": 1, "bela": 1, "chen": 1}, f"NHS Notify took {in_app}"
    texts = [text["recipient"] for text in world.texts()]
    texted = {name: texts.count(patient.mobile) for name, patient in world.patients.items()}
    assert texted == {"asha": 0, "bela": 1, "chen": 1}, f"was texted so often: {texted}"
    ways = dict(Message.objects.filter(practice=world.practice).values_list("to", "way"))
    # Where the answer was lost and the news came, NHS Notify's own id is not known: nothing is asked of it by that.
    actual["asha"]["messages"] = [message[:-1] for message in actual["asha"]["messages"]]
    actual["ways"] = [ways[patient.mobile] for patient in world.patients.values()]
    assert actual["ways"] == ["app", "text", "text"]
    totals = funnel(Campaign.objects.get(id=world.batch.id))
    assert (totals.sent, totals.delivered, totals.unread, totals.unsent) == (3, 3, 0, False)
    compare(actual, expected)
    return actual


IN_APP = Journey(AppWorld, travel, check)


def text_all(world: World) -> None:
    """What a product does that asks nobody what has become of a message in the app: it texts whoever it was for."""
    doubtful = Message.objects.filter(practice=world.practice, state__in=[MessageState.STARTED, MessageState.UNKNOWN])
    now = timezone.now()
    doubtful.update(state=MessageState.DUE, app_over=now, due_at=now, provider_id=None, together=None)
