"""The life of a message and of a coded entry: which state may follow which. Nothing else may change a state.

States only go forward; a final one stays (docs/architecture.md, "The outbox rule"), so that repeated and reordered news
is harmless.
"""

from django.db import models


class MessageState(models.TextChoices):
    """Where one message is on its way to a phone."""

    DUE = "due", "Waiting to be sent"
    STARTED = "started", "Being sent"
    UNKNOWN = "unknown", "Being checked with the provider"
    IN_APP = "in_app", "In the NHS App, not read yet"
    ACCEPTED = "accepted", "With the provider"
    SENT = "sent", "Sent"
    NO_NEWS = "no_news", "Sent, no delivery news"
    DELIVERED = "delivered", "Delivered"
    FAILED = "failed", "Not delivered"
    CHECK = "check", "Check by hand"
    WITHDRAWN = "withdrawn", "Withdrawn"


class CodeState(models.TextChoices):
    """Where one coded entry is on its way to a record."""

    WAITING = "waiting", "Waiting for the text to go"
    DUE = "due", "Waiting to be filed"
    STARTED = "started", "Being filed"
    FILED = "filed", "In the record"
    UNCONFIRMED = "unconfirmed", "Accepted, not yet read back"
    NOT_FILED = "not_filed", "Not in the record: file by hand"
    CHECK = "check", "Check by hand"
    BY_HAND = "by_hand", "Filed by hand"
    WITHDRAWN = "withdrawn", "Withdrawn"


_M = MessageState
MESSAGE_MOVES: dict[str, frozenset[str]] = {
    # Straight to the provider's states: a worker that was given up for lost has come back with its answer.
    # And to "no news": it had been put into the NHS App, and the text behind it is not wanted any more.
    _M.DUE: frozenset({_M.STARTED, _M.IN_APP, _M.ACCEPTED, _M.SENT, _M.NO_NEWS, _M.DELIVERED, _M.FAILED, _M.WITHDRAWN}),
    _M.STARTED: frozenset({_M.DUE, _M.UNKNOWN, _M.IN_APP, _M.ACCEPTED, _M.SENT, _M.DELIVERED, _M.FAILED}),
    _M.UNKNOWN: frozenset({_M.DUE, _M.IN_APP, _M.ACCEPTED, _M.SENT, _M.DELIVERED, _M.FAILED, _M.CHECK}),
    # Due again: as a text, because nobody has read it. The database lets no message into the app twice.
    _M.IN_APP: frozenset({_M.DUE, _M.NO_NEWS, _M.DELIVERED, _M.FAILED}),
    _M.ACCEPTED: frozenset({_M.SENT, _M.NO_NEWS, _M.DELIVERED, _M.FAILED}),
    _M.SENT: frozenset({_M.NO_NEWS, _M.DELIVERED, _M.FAILED}),
    _M.NO_NEWS: frozenset({_M.DELIVERED, _M.FAILED}),
    _M.DELIVERED: frozenset(),
    _M.FAILED: frozenset(),
    _M.CHECK: frozenset(),
    _M.WITHDRAWN: frozenset(),
}

_C = CodeState
CODE_MOVES: dict[str, frozenset[str]] = {
    _C.WAITING: frozenset({_C.DUE, _C.WITHDRAWN}),
    _C.DUE: frozenset({_C.STARTED, _C.NOT_FILED, _C.CHECK, _C.WITHDRAWN}),
    _C.STARTED: frozenset({_C.DUE, _C.FILED, _C.UNCONFIRMED, _C.NOT_FILED, _C.CHECK}),
    _C.UNCONFIRMED: frozenset({_C.FILED, _C.NOT_FILED, _C.CHECK}),
    _C.FILED: frozenset(),
    _C.NOT_FILED: frozenset({_C.BY_HAND}),
    _C.CHECK: frozenset({_C.BY_HAND}),
    _C.BY_HAND: frozenset(),
    _C.WITHDRAWN: frozenset(),
}

GONE = frozenset({_M.SENT, _M.NO_NEWS, _M.DELIVERED})
"""The text has left: its coded entry may be filed."""

NEVER_GOES = frozenset({_M.FAILED, _M.WITHDRAWN})
"""The text has not reached and will not reach the patient: its coded entry would be untrue."""


def may_come_from(moves: dict[str, frozenset[str]], state: str) -> list[str]:
    """The states from which a row may go to `state`: the guard of every update."""
    return [before for before, after in moves.items() if state in after]


FOR_A_PERSON = may_come_from(CODE_MOVES, CodeState.BY_HAND)
"""Coded entries that are not in the record, and that nothing but a person will put there."""
