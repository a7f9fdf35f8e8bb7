"""Posting many texts at once from code that is not asynchronous: an event loop in a thread of its own.

The caller works on its database meanwhile, and never has to. Any channel whose client is asynchronous can be put
behind it: it needs a session, which is kept for as long as the line is open, and a way to post one text over it.
"""

import asyncio
import logging
import threading
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from types import TracebackType
from typing import Generic, Self, TypeVar, cast
from uuid import UUID

import uvloop
from django.utils import timezone

from integrations.messaging.port import FailureKind, MessageChannel, NotAccepted, Outcome, OutgoingText

logger = logging.getLogger(__name__)

Session = TypeVar("Session")

NOT_POSTED = "The text has not gone yet. Selfbook will send it."

_BREAK_OFF_SECONDS = 20.0


class PostingLine(Generic[Session]):
    """A Line that posts at most `at_once` texts at a time over one session. Use it as a context manager."""

    def __init__(
        self,
        connect: Callable[[], AbstractAsyncContextManager[Session]],
        post: Callable[[Session, OutgoingText], Awaitable[Outcome]],
        *,
        at_once: int,
        when_lost: str,
    ) -> None:
        """`post` should raise nothing; `when_lost` is the reason for staff, should it do so all the same."""
        self._connect, self._post_one, self._at_once, self._when_lost = connect, post, at_once, when_lost
        # Not anyio's portal: it waits without end for a thread that hangs, and hides that its loop has broken off.
        self._thread = threading.Thread(target=self._run, name="texts", daemon=True)
        self._up = threading.Event()
        self._news = threading.Condition()
        # Known to both threads, and touched under `_news` only.
        self._open: set[UUID] = set()
        self._known: list[Outcome] = []
        self._wanted = 1
        self._dead = False
        # The loop's own.
        self._waiting: deque[OutgoingText] = deque()
        self._workers: set[asyncio.Task[None]] = set()
        self._recalled = False

    def __enter__(self) -> Self:
        """Start the thread; connections are made when the first texts go."""
        self._thread.start()
        self._up.wait()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the connections, breaking off what is under way."""
        if not self._dead:
            self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join(_BREAK_OFF_SECONDS)

    def post(self, texts: Sequence[OutgoingText]) -> None:
        """Hand the texts to the thread, which posts them as there is room; see `Line.post`."""
        with self._news:
            self._open.update(text.reference for text in texts)
            if not self._dead:
                self._loop.call_soon_threadsafe(self._take, list(texts))

    def outcomes(self, at_least: int, within: float) -> list[Outcome]:
        """See `Line.outcomes`. Once the thread has broken off, whatever was open is UNKNOWN."""
        with self._news:
            self._wanted = at_least
            self._news.wait_for(self._enough, within)
            known, self._known = self._known, []
            if self._dead and self._open:
                known += [_unknown(reference, self._when_lost) for reference in self._open]
                self._open.clear()
            return known

    def recall(self) -> None:
        """See `Line.recall`. Texts that are being posted go on."""
        self._recalled = True

    def _enough(self) -> bool:
        return len(self._known) >= self._wanted or not self._open or self._dead

    def _run(self) -> None:
        try:
            with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                runner.run(self._serve())
        except Exception as error:
            logger.error("sending broke off", extra={"error": type(error).__name__})
        with self._news:
            self._dead = True
            self._news.notify()
        self._up.set()

    async def _serve(self) -> None:
        self._loop, self._over = asyncio.get_running_loop(), asyncio.Event()
        async with self._connect() as self._session:
            self._up.set()
            await self._over.wait()
            workers = list(self._workers)
            for worker in workers:
                worker.cancel()
            await asyncio.gather(*workers, return_exceptions=True)

    def _take(self, texts: list[OutgoingText]) -> None:
        self._waiting.extend(texts)
        for _ in range(min(len(texts), self._at_once - len(self._workers))):
            self._workers.add(self._loop.create_task(self._work()))

    async def _work(self) -> None:
        while self._waiting:
            text = self._waiting.popleft()
            self._note(await self._deliver(text))
        # Here and not in a callback: one that has stopped must not be counted on for the next texts.
        self._workers.discard(cast(asyncio.Task[None], asyncio.current_task()))

    async def _deliver(self, text: OutgoingText) -> Outcome:
        # Asked here, with nothing but the call itself to come: a process that was frozen since the text was handed to
        # it must not post what others have been given meanwhile.
        if self._recalled or (text.not_after is not None and timezone.now() > text.not_after):
            return NotAccepted(text.reference, FailureKind.NOT_POSTED, "", NOT_POSTED)
        try:
            return await self._post_one(self._session, text)
        except Exception as error:
            logger.error("posting broke off", extra={"error": type(error).__name__})
            return _unknown(text.reference, self._when_lost)

    def _note(self, outcome: Outcome) -> None:
        with self._news:
            self._known.append(outcome)
            self._open.discard(outcome.reference)
            if self._enough():
                self._news.notify()


def send_all(channel: MessageChannel, texts: Sequence[OutgoingText]) -> list[Outcome]:
    """Send every text over one line, and say what became of each, in the same order. Raises nothing."""
    known: dict[UUID, Outcome] = {}
    with channel.open() as line:
        line.post(texts)
        while len(known) < len(texts):
            known |= {outcome.reference: outcome for outcome in line.outcomes(len(texts) - len(known), 60)}
    return [known[text.reference] for text in texts]


class RefusingLine:
    """A Line that posts nothing, because the account cannot be used: every outcome says so."""

    def __init__(self, refuse: Callable[[UUID], NotAccepted]) -> None:
        """`refuse` makes the outcome of a text."""
        self._refuse = refuse
        self._known: list[Outcome] = []

    def post(self, texts: Sequence[OutgoingText]) -> None:
        """Refuse every text at once; see `Line.post`."""
        self._known += [self._refuse(text.reference) for text in texts]

    def outcomes(self, at_least: int, within: float) -> list[Outcome]:
        """See Line: they are known at once."""
        known, self._known = self._known, []
        return known

    def recall(self) -> None:
        """See `Line.recall`: nothing to do, because no text ever waits."""


def _unknown(reference: UUID, reason: str) -> NotAccepted:
    return NotAccepted(reference, FailureKind.UNKNOWN, "", reason)
