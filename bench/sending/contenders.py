"""Those who send the same texts in turns: the bare client, the product's outbox, the usual task for each text.

Each sends so many and tells what it took. The stand-in is asked each time whether all of them came, each once.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from time import perf_counter

from bench.sending import bare as sending_bare
from bench.sending.batch import Batch
from bench.sending.wire import Wire
from bench.sending.workers import Workers
from bench.timing import Measured


@dataclass(frozen=True, slots=True)
class Took:
    """What some texts took: seconds, and seconds of processor time of whoever sent them."""

    seconds: float
    processor: float


@dataclass(slots=True)
class Effort:
    """One contender's rounds, each with so many texts."""

    texts: int
    rounds: list[Took] = field(default_factory=list)

    @property
    def time(self) -> Measured:
        """Seconds of each round, until the last text was taken."""
        return Measured(self.texts, tuple(took.seconds for took in self.rounds))

    @property
    def processor(self) -> Measured:
        """Seconds of each round that the sender's processes were at work."""
        return Measured(self.texts, tuple(took.processor for took in self.rounds))


@dataclass(frozen=True, slots=True)
class Contest:
    """What all of them share: the patients, and where the texts go."""

    batch: Batch
    wire: Wire

    def bare(self, latency: int, texts: int) -> Took:
        """Send so many texts with a bare HTTP client, where each answer takes `latency` milliseconds."""
        took = Took(*sending_bare.run(self.wire.url(latency), texts))
        self.wire.check(texts)
        return took

    def outbox(self, workers: Workers, latency: int, texts: int) -> Took:
        """The product's own task sends. Each process is hinted at the practice, as several are in a busy hour."""
        self.batch.connect(self.wire.url(latency))
        self.batch.queue(texts)

        def begin() -> None:
            for _ in range(workers.processes):
                workers.ask("outbox.send_messages", str(self.batch.practice.id))

        return self._timed(workers, texts, begin)

    def usual(self, workers: Workers, latency: int, texts: int) -> Took:
        """A task for each text sends it. They are queued while the first ones are being done."""
        messages = self.batch.queue(texts)

        def begin() -> None:
            for message_id in messages:
                workers.ask("usual.send_message", str(message_id), self.wire.url(latency))

        return self._timed(workers, texts, begin)

    def _timed(self, workers: Workers, texts: int, begin: Callable[[], None]) -> Took:
        processor, begun = workers.processor_seconds(), perf_counter()
        begin()
        seconds = self.batch.seconds_until_sent(begun, texts)
        took = Took(seconds, workers.processor_seconds() - processor)
        self.wire.check(texts)
        return took
