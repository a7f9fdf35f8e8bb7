"""What higher rooms have to say about texts: which must not go, and who must hear of texts that go, STOP and START.

The outbox does not know patients or batches. A room that does registers itself here when the product starts.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from uuid import UUID

from integrations.messaging.port import FailureKind, NotAccepted
from integrations.messaging.replies import Wish
from integrations.messaging.reply_words import StopWord
from integrations.models.outbox import Message
from practices.models import Practice

OPTED_OUT = "opted_out"
"""The error code of a text that a gate has stopped."""

Gate = Callable[[Practice, Sequence[Message]], Mapping[UUID, str]]
"""Given some of a practice's texts that are about to go: those that must not, by id, with a reason for staff.

It is asked once for each claim, so it should take one query.
"""

StopListener = Callable[[Practice, Collection[str], StopWord | None], None]
"""Told the numbers (E.164) whose owners want no texts from the practice, and by which word they said so to us.

None: they said so to the network, which refuses our texts and does not tell the word. It is called in the transaction
that settles the texts, and may be told the same again.
"""

StartListener = Callable[[Practice, Collection[str]], None]
"""Told the numbers whose owners want texts again, in the same way."""

ReplyListener = Callable[[Practice, str, Wish], bool]
"""Told what somebody with this number (E.164) has texted about an appointment, or the number, once for each text.

It answers whether it has told the practice's staff: the sender hears so.
"""

Departure = Callable[[Practice, Sequence[Message]], None]
"""Told some of a practice's texts that are about to go, in the transaction that claims them.

A text that has to be tried again is told of again. It is called once for each claim, so it should take one query.
"""

Addresser = Callable[[Practice, Sequence[Message]], Mapping[UUID, str]]
"""Given some of a practice's texts: the NHS numbers of their patients, by the text's id. It should take one query."""

_gates: list[Gate] = []
_addressers: list[Addresser] = []
_askers: list[Gate] = []
_departures: list[Departure] = []
_listeners: list[StopListener] = []
_start_listeners: list[StartListener] = []
_reply_listeners: list[ReplyListener] = []


def add_gate(gate: Gate) -> None:
    """Ask this gate before any text goes."""
    if gate not in _gates:
        _gates.append(gate)


def add_need(asker: Gate) -> None:
    """Ask this before any text goes, too: which are not needed any more. Those are withdrawn: none of them failed."""
    if asker not in _askers:
        _askers.append(asker)


def add_addresser(addresser: Addresser) -> None:
    """Ask this for whom texts are, when they go by NHS number."""
    if addresser not in _addressers:
        _addressers.append(addresser)


def add_departure(listener: Departure) -> None:
    """Tell this listener of texts that are about to go."""
    if listener not in _departures:
        _departures.append(listener)


def add_stop_listener(listener: StopListener) -> None:
    """Tell this listener of every STOP."""
    if listener not in _listeners:
        _listeners.append(listener)


def add_start_listener(listener: StartListener) -> None:
    """Tell this listener of everybody who wants texts again."""
    if listener not in _start_listeners:
        _start_listeners.append(listener)


def add_reply_listener(listener: ReplyListener) -> None:
    """Tell this listener of every text that is about an appointment or the number."""
    if listener not in _reply_listeners:
        _reply_listeners.append(listener)


def stopped(practice: Practice, rows: Sequence[Message]) -> list[NotAccepted]:
    """The refusals of those texts that must not go, for good."""
    reasons: dict[UUID, str] = {}
    for gate in _gates:
        reasons = {**gate(practice, rows), **reasons}
    return [NotAccepted(row.id, FailureKind.PERMANENT, OPTED_OUT, reasons[row.id]) for row in rows if row.id in reasons]


def not_needed(practice: Practice, rows: Sequence[Message]) -> dict[UUID, str]:
    """Those texts that what has happened since has made pointless, with the reason for staff."""
    reasons: dict[UUID, str] = {}
    for asker in _askers:
        reasons = {**asker(practice, rows), **reasons}
    return reasons


def nhs_numbers(practice: Practice, rows: Sequence[Message]) -> dict[UUID, str]:
    """The NHS numbers of the patients whom these texts are for, as far as they are known."""
    numbers: dict[UUID, str] = {}
    for addresser in _addressers:
        numbers |= addresser(practice, rows)
    return numbers


def tell_of_departure(practice: Practice, rows: Sequence[Message]) -> None:
    """Tell every listener of texts that are about to go."""
    if rows:
        for listener in _departures:
            listener(practice, rows)


def tell_of_stop(practice: Practice, mobiles: Collection[str], word: StopWord | None = None) -> None:
    """Tell every listener of a STOP from these numbers; without a word, of one that the network told us of."""
    if mobiles:
        for listener in _listeners:
            listener(practice, mobiles, word)


def tell_of_start(practice: Practice, mobiles: Collection[str]) -> None:
    """Tell every listener that the owners of these numbers want texts again."""
    if mobiles:
        for listener in _start_listeners:
            listener(practice, mobiles)


def tell_of_reply(practice: Practice, mobile: str, wish: Wish) -> bool:
    """Tell every listener what somebody with this number has texted; whether staff are told of it."""
    told = [listener(practice, mobile, wish) for listener in _reply_listeners]
    return any(told)
