"""A practice whose messages go by NHS Notify, and what to look at in its books."""

from django.utils import timezone

from integrations.messaging.nhs_notify import channel as nhs_notify
from integrations.models import NotifyConnection, Routing
from integrations.models.outbox import Message
from integrations.models.states import MessageState
from integrations.outbox import sweeping
from tests import connected
from tests.integrations.outbox.conftest import Case


def connect_notify(case: Case, channel: Routing) -> NotifyConnection:
    """The practice sends by NHS Notify, whose messages stay where they are for a minute."""
    return connected.connect_notify(case.sandbox, case.practice, channel=channel, step_seconds=60)


def invitations(case: Case, count: int = 3) -> list[Message]:
    return [case.message(any_hour=False) for _ in range(count)]


def taken(case: Case) -> list[str]:
    """The references of the practice's messages that Notify has, as often as it has them."""
    notices = case.sandbox.control(f"books?part=notices&ods={case.practice.ods_code}")["notices"]
    return sorted(notice["reference"] for notice in notices)


def ids(rows: list[Message]) -> list[str]:
    return sorted(str(row.id) for row in rows)


def states(rows: list[Message]) -> list[str]:
    return [Message.objects.get(id=row.id).state for row in rows]


def lose_answer(case: Case) -> None:
    """Notify takes the call and its answer is lost, and nothing is heard of it after that."""
    case.sandbox.fault("notify.batch", "timeout_after")
    case.sandbox.fault("notify.batch", "status", status=503, times=nhs_notify.TRIES - 1, skip=1)


def never_reach(case: Case) -> None:
    case.sandbox.fault("notify.batch", "timeout_before", times=nhs_notify.TRIES)


def ask_now(case: Case) -> None:
    """The time has come to find out about messages in doubt."""
    Message.objects.filter(practice=case.practice, state=MessageState.UNKNOWN).update(due_at=timezone.now())
    sweeping.ask_provider(case.practice.id)
