"""What higher rooms have to say about texts: which must not go, and who must hear of texts that go, STOP and START.

The outbox does not know patients or batches. A room that does registers itself here when the product starts.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from core.hooks import Hook
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

Deadline = Callable[[Practice, Sequence[Message]], Mapping[UUID, datetime]]
"""Given some of a practice's messages: for each of which that can be said, by its id, before when its patient must have
it for it to be of use. It should take one query.
"""

Addresser = Callable[[Practice, Sequence[Message]], Mapping[UUID, str]]
"""Given some of a practice's texts: the NHS numbers of their patients, by the text's id. It should take one query."""

gates: Hook[Gate] = Hook("text gate", "stop a text for good, with a reason for staff")
needs: Hook[Gate] = Hook("text need", "withdraw a text that is not needed any more, with a reason for staff")
addressers: Hook[Addresser] = Hook("addresser", "say for which NHS number a text is")
deadlines: Hook[Deadline] = Hook("text deadline", "say before when a message must come to be of use")
departures: Hook[Departure] = Hook("departure", "write to its own rows when texts go, such as links' lifetimes")
stop_listeners: Hook[StopListener] = Hook("STOP listener", "keep that a number wants no texts from the practice")
start_listeners: Hook[StartListener] = Hook("START listener", "keep that a number wants texts again")
reply_listeners: Hook[ReplyListener] = Hook("reply listener", "tell the practice's staff what a patient has texted")


def stopped(practice: Practice, rows: Sequence[Message]) -> list[NotAccepted]:
    """The refusals of those texts that must not go, for good."""
    reasons: dict[UUID, str] = {}
    for gate in gates:
        reasons = {**gate(practice, rows), **reasons}
    return [NotAccepted(row.id, FailureKind.PERMANENT, OPTED_OUT, reasons[row.id]) for row in rows if row.id in reasons]


def not_needed(practice: Practice, rows: Sequence[Message]) -> dict[UUID, str]:
    """Those texts that what has happened since has made pointless, with the reason for staff."""
    reasons: dict[UUID, str] = {}
    for asker in needs:
        reasons = {**asker(practice, rows), **reasons}
    return reasons


def nhs_numbers(practice: Practice, rows: Sequence[Message]) -> dict[UUID, str]:
    """The NHS numbers of the patients whom these texts are for, as far as they are known."""
    numbers: dict[UUID, str] = {}
    for addresser in addressers:
        numbers |= addresser(practice, rows)
    return numbers


def latest(practice: Practice, rows: Sequence[Message]) -> dict[UUID, datetime]:
    """Before when each of these messages must come, as far as a room above knows; of two answers the earlier one."""
    known: dict[UUID, datetime] = {}
    for ask in deadlines:
        for message_id, moment in ask(practice, rows).items():
            known[message_id] = min(moment, known.get(message_id, moment))
    return known


def tell_of_departure(practice: Practice, rows: Sequence[Message]) -> None:
    """Tell every listener of texts that are about to go."""
    if rows:
        for listener in departures:
            listener(practice, rows)


def tell_of_stop(practice: Practice, mobiles: Collection[str], word: StopWord | None = None) -> None:
    """Tell every listener of a STOP from these numbers; without a word, of one that the network told us of."""
    if mobiles:
        for listener in stop_listeners:
            listener(practice, mobiles, word)


def tell_of_start(practice: Practice, mobiles: Collection[str]) -> None:
    """Tell every listener that the owners of these numbers want texts again."""
    if mobiles:
        for listener in start_listeners:
            listener(practice, mobiles)


def tell_of_reply(practice: Practice, mobile: str, wish: Wish) -> bool:
    """Tell every listener what somebody with this number has texted; whether staff are told of it."""
    notified = [listener(practice, mobile, wish) for listener in reply_listeners]
    return any(notified)
