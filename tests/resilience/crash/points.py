"""The points at which a worker can be made to die, each by the product's function that has just been passed."""

import os
import signal
from collections.abc import Callable
from functools import wraps
from importlib import import_module
from itertools import count
from typing import Any

from celery.signals import task_postrun

_FUNCTIONS = {
    "after claim": ("integrations.outbox.messages.claiming", "take"),
    "after call": ("integrations.messaging.line", "PostingLine.outcomes"),
    "after app call": ("integrations.messaging.nhs_notify.channel", "_NotifyLine.outcomes"),
    "after save": ("integrations.outbox.messages.sending", "settle"),
    "after question": ("integrations.outbox.sweeping", "_claim_questions"),
    "after code claim": ("integrations.outbox.codes.filing", "claim"),
    "after code call": ("integrations.outbox.codes.calls", "Turn.run"),
    "after code save": ("integrations.outbox.codes.filing", "settle"),
}
"""The function, or method, whose return is the point."""

_TASKS = {
    "before issue ack": "campaigns.issue_invitations",
    "before ack": "outbox.send_messages",
    "before code ack": "outbox.file_codes",
}
"""The task whose work is done, and whose end the broker has not heard of."""

IN_TURN = [
    "before issue ack",
    "after claim",
    "after call",
    "after save",
    "before ack",
    "after question",
    "after code claim",
    "after code call",
    "after code save",
    "before code ack",
]
"""All points, in the order in which a batch comes to them."""

AHEAD_OF_THE_DATABASE = ["before issue ack", "after call", "before ack", "after code call", "before code ack"]
"""Those at which a provider, or the broker, knows something that the database does not."""


def arm(point: str, passes: str) -> None:
    """Kill this process, and all of its family, when the point is reached after so many harmless passes."""
    kill = _killer(int(passes))
    if point in _TASKS:
        task_postrun.connect(_when(_TASKS[point], kill), weak=False)
        return
    module, path = _FUNCTIONS[point]
    owner: Any = import_module(module)
    *parents, name = path.split(".")
    for parent in parents:
        owner = getattr(owner, parent)
    setattr(owner, name, _then(getattr(owner, name), kill))


def _killer(passes: int) -> Callable[[], None]:
    passed = count()

    def kill() -> None:
        if next(passed) >= passes:
            os.killpg(0, signal.SIGKILL)

    return kill


def _when(task: str, kill: Callable[[], None]) -> Callable[..., None]:
    def ended(sender: Any, **_: Any) -> None:
        if sender.name == task:
            kill()

    return ended


def _then(original: Callable[..., Any], kill: Callable[[], None]) -> Callable[..., Any]:
    """The function, with a death right after it. A claim that found nothing, or a call without news, is no pass."""

    @wraps(original)
    def passed(*args: Any, **kwargs: Any) -> Any:
        result = original(*args, **kwargs)
        if result is None or getattr(result, "size", result):
            kill()
        return result

    return passed
