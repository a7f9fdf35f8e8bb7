"""Sending messages: a rolling window of texts in flight, topped up by claims as others are settled.

A claim is committed before any of its texts is posted, and no database connection is held while the provider is waited
for. What a crash leaves behind, at most ROOM texts of each worker, the sweeper settles by asking the provider.
"""

import logging
from collections.abc import Iterable, Mapping, Sequence
from random import uniform
from time import monotonic
from uuid import UUID

from django.db import DatabaseError

from core.database import release
from integrations.connections import NotConnected, OtherProvider, channel_for
from integrations.links import LINK, NoSuchKey, link_for
from integrations.messaging.port import Accepted, FailureKind, Line, NotAccepted, Outcome, OutgoingText
from integrations.models.outbox import Message
from integrations.outbox import fair_queue, retries
from integrations.outbox.messages import claiming, routes, stoppages
from integrations.outbox.messages import hooks as message_hooks
from integrations.outbox.messages.routes import Route
from integrations.outbox.messages.settling import settle
from integrations.outbox.messages.writing import run_with_retries
from practices.holds import services as holds
from practices.models import Practice

logger = logging.getLogger(__name__)

ROOM = 250
"""Texts that one worker holds at most: what the line posts at a time (100), the next ones for it, so that it never
waits for a claim, and some whose outcomes are being written."""

MOST = 150
"""Texts in one claim at most."""

FIRST = 20
"""Texts that a turn begins with, unless the account took more a moment ago. Each that is accepted makes room for one
more, so a few round trips fill the room, and an account that does not work costs few calls."""

LEAST = 5
"""What the room shrinks to while the provider finds us too busy."""

TURN_SECONDS = 3.0
TURN = 2000
"""A turn takes no more messages after so long, or so many: then the practice queues behind the others' work. Long
enough for connections to be worth their making, short enough for a practice with a few texts, or a patient who
books, to wait for. Give or take a fifth: of two workers that end together, only one gets the next turn."""

LOOK_AT_HOLDS = 0.5
"""Seconds after which a turn asks whether things may still leave: what is claimed and not posted comes back if not."""

AT_HAND = 0.02
"""Seconds for which a connection to the database is kept while outcomes come in: giving it back costs as much."""

SETTLE_EVERY = 0.1
"""Seconds after which outcomes are written, however few there are."""

ERRORS_IN_A_ROW = 40
"""So many texts in a row that met an error, with none accepted, end the turn and let the practice's texts rest."""

_PASSING = frozenset({FailureKind.RATE_LIMITED, FailureKind.RETRY, FailureKind.UNKNOWN})


def full_text(message: Message) -> str:
    """The text as the patient gets it, with the personal link in its place. Raises NoSuchKey."""
    return message.body.replace(LINK, link_for(message.subject_id, key_number=message.link_key))


def send_due(practice_id: UUID) -> int:
    """Send a practice's due messages for one turn; returns how many were handled, 0 when none is due."""
    open_routes = [
        candidate for candidate in routes.of(practice_id) if not fair_queue.must_rest(practice_id, candidate.provider)
    ]
    if not open_routes:
        return 0
    practice = Practice.objects.get(id=practice_id)
    return sum(_send(practice, route) for route in open_routes)


def _send(practice: Practice, route: Route) -> int:
    if holds.may_leave(practice.id):
        run_with_retries(lambda: claiming.put_off(practice.id, route))
    turn = _Turn(practice, route)
    first = turn.claim()
    if not turn.handled:
        return 0
    try:
        channel = channel_for(practice, route.channel, route.provider)
    except OtherProvider:
        settle(first, [NotAccepted(row.id, FailureKind.NOT_POSTED, "", "") for row in first])
        return turn.handled
    except NotConnected:
        settle(first, [_not_connected(row, route) for row in first])
        return turn.handled
    with channel.open() as line:
        turn.post(line, first)
        while turn.in_hand:
            turn.settle(turn.hear(line), line)
            turn.fill(line)
    fair_queue.remember_room(practice.id, turn.room, route.provider)
    return turn.handled


class _Turn:
    """One practice's turn with a worker: which texts are in flight, and how many more may be."""

    def __init__(self, practice: Practice, route: Route) -> None:
        self.practice, self.route = practice, route
        self.in_hand: dict[UUID, Message] = {}
        self.handled = 0
        self.room = max(FIRST, min(fair_queue.remembered_room(practice.id, route.provider), ROOM))
        self._over = False
        self._until = monotonic() + TURN_SECONDS * uniform(0.8, 1.2)  # noqa: S311 - no secret
        self._errors = 0
        self._probing = False
        self._looked = monotonic()

    def claim(self) -> list[Message]:
        """As many messages as there is room for, once that is worth a claim; none when the turn is over."""
        free = self.room - len(self.in_hand)
        if self._over or free < min(claiming.CLAIM, self.room // 2):
            return []
        limit = min(free, MOST)
        try:
            taken = claiming.take(self.practice, limit, self.route)
        except DatabaseError:
            if not self.in_hand:
                raise
            # Those in flight must be settled; the others are nobody's yet, and wait for the next turn.
            logger.exception("claim broke off", extra={"practice_id": str(self.practice.id)})
            self._over = True
            return []
        self.handled += taken.size
        self._probing = self._probing or taken.probe
        self._over = taken.on_hold or taken.size < limit or self.handled >= TURN or monotonic() > self._until
        return taken.rows

    def fill(self, line: Line) -> None:
        """Claim and post until the room is full, or the turn over."""
        while rows := self.claim():
            self.post(line, rows)

    def post(self, line: Line, rows: Sequence[Message]) -> None:
        """Hand claimed texts to the line."""
        self.in_hand |= {row.id: row for row in rows}
        by_number = bool(rows) and self.route.channel.by_nhs_number
        numbers = message_hooks.nhs_numbers(self.practice, rows) if by_number else {}
        texts, refused = as_texts(rows, numbers)
        line.post(texts)
        self.settle(refused, line)

    def hear(self, line: Line) -> list[Outcome]:
        """A chunk of outcomes, or what comes in time."""
        outcomes = line.outcomes(claiming.CLAIM, AT_HAND)
        if len(outcomes) < min(claiming.CLAIM, len(self.in_hand)):
            release()
            outcomes += line.outcomes(claiming.CLAIM - len(outcomes), SETTLE_EVERY)
        return outcomes

    def settle(self, outcomes: Sequence[Outcome], line: Line) -> None:
        """Write outcomes, and draw from them how to go on."""
        self._stop_if_held(line)
        if not outcomes:
            return
        rows = [self.in_hand.pop(outcome.reference) for outcome in outcomes]
        run_with_retries(lambda: settle(rows, outcomes))
        if stoppages.account_error(outcomes) is not None:
            self._end(line)
        elif self._probing and stoppages.shows_that_it_works(outcomes):
            stoppages.end(self.practice, self.route.provider)
            self._probing = False
        accepted = sum(isinstance(outcome, Accepted) for outcome in outcomes)
        self.room = min(self.room + accepted, ROOM)
        self._slow_down(
            [refusal for refusal in outcomes if isinstance(refusal, NotAccepted) and refusal.kind in _PASSING], line
        )
        if accepted:
            self._errors = 0

    def _slow_down(self, errors: Sequence[NotAccepted], line: Line) -> None:
        """Do as the provider asks when it is busy, and let one that is down be."""
        self._errors += len(errors)
        if any(error.kind is FailureKind.RATE_LIMITED for error in errors):
            self.room = max(self.room // 2, LEAST)
        wait = max((error.retry_after or 0 for error in errors), default=0)
        if self._errors >= ERRORS_IN_A_ROW:
            wait = max(wait, retries.REST.total_seconds())
        if wait:
            fair_queue.rest(self.practice.id, wait, self.route.provider)
            self._end(line)

    def _stop_if_held(self, line: Line) -> None:
        """Call back what has not been posted, once the practice is on hold: it was claimed before that."""
        if monotonic() - self._looked < LOOK_AT_HOLDS:
            return
        self._looked = monotonic()
        if not holds.may_leave(self.practice.id):
            self._end(line)

    def _end(self, line: Line) -> None:
        self._over = True
        line.recall()


def as_texts(rows: Iterable[Message], numbers: Mapping[UUID, str]) -> tuple[list[OutgoingText], list[Outcome]]:
    """The rows as texts to be posted in time, and the outcomes of those that cannot be made."""
    texts: list[OutgoingText] = []
    refused: list[Outcome] = []
    for row in rows:
        assert row.started_at is not None  # the claim set it
        try:
            until = row.started_at + retries.POST_WITHIN
            texts.append(OutgoingText(row.id, row.to, full_text(row), until, numbers.get(row.id, ""), row.together))
        except NoSuchKey:
            reason = "The key of this link is missing. Ask your administrator to put it back."
            refused.append(NotAccepted(row.id, FailureKind.CONFIGURATION, "no_link_key", reason, alone=True))
    return texts, refused


def _not_connected(row: Message, route: Route) -> NotAccepted:
    account = "account with NHS Notify" if route.channel.by_nhs_number else "text message account"
    return NotAccepted(row.id, FailureKind.CONFIGURATION, "not_connected", f"No {account} is connected.")
