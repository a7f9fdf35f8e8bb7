"""How fast texts leave through the whole outbox, beside a bare client and beside the usual task for each text.

Real PostgreSQL, Redis and Celery worker processes; the product's own task and its Twilio adapter, over HTTP to a
stand-in in a process of its own; every state committed. No receipts come, and no codes wait for the texts.

The promises are about a worker with two processes, which is what the product runs on two cores; what one process does
by itself is shown beside it.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import partial

from bench.sending import costs as sending_costs
from bench.sending.batch import Batch
from bench.sending.contenders import Contest, Effort, Took
from bench.sending.wire import wire
from bench.sending.workers import PRODUCT, USUAL, workers
from bench.timing import promise, ratio

# At which the processors have time to spare for two workers, the stand-in and PostgreSQL on two cores: what is left to
# wait for is the wire.
_LATENCY_BOUNDS = 300
_BARE, _SINGLE, _TWO, _USUAL = (
    "bare aiohttp client, 100 at once",
    "the outbox, one worker process",
    "the outbox, two worker processes",
    "a task for each text, two worker processes",
)
# The usual way does so many times fewer, for its turn takes as long as the others' all the same.
_USUAL_DIVISOR = {0: 10, 50: 15, 150: 40}

_Contenders = Mapping[str, Callable[[int, int], Took]]
"""Each by its name, to be called with a latency in milliseconds and a number of texts."""


def run(*, quick: bool = False) -> bool:
    """Measure, print, and say whether every promise was kept."""
    texts, rounds, most = (1_000, 1, 3_000) if quick else (3_000, 5, 100_000)
    with wire() as stand_in:
        contest = Contest(Batch(max(texts * 2, most)), stand_in)
        efforts = _efforts(texts)
        with _contenders(contest) as contenders:
            _in_turns(contenders, efforts, rounds)
        for latency, of in efforts.items():
            _show(latency, rounds, of)
        results = _judge(efforts)
        results += sending_costs.statements(contest, texts)
        results += sending_costs.memory(contest, most // 10, most)
    return all(results)


@contextmanager
def _contenders(contest: Contest) -> Iterator[_Contenders]:
    """All of them, up and warm. They wait without cost while it is not their turn."""
    with ExitStack() as stack:
        single, two = stack.enter_context(workers(PRODUCT, 1)), stack.enter_context(workers(PRODUCT, 2))
        usual = stack.enter_context(workers(USUAL, 2))
        contenders: _Contenders = {
            _BARE: contest.bare,
            _SINGLE: partial(contest.outbox, single),
            _TWO: partial(contest.outbox, two),
            _USUAL: partial(contest.usual, usual),
        }
        for send in contenders.values():
            send(0, 200)
        yield contenders


def _efforts(texts: int) -> dict[int, dict[str, Effort]]:
    """Who sends how many, by latency. Two send twice as many as one, and so for as long: a batch begins slowly."""
    efforts = {
        latency: {
            _BARE: Effort(texts),
            _SINGLE: Effort(texts),
            _TWO: Effort(texts),
            _USUAL: Effort(texts // usual),
        }
        for latency, usual in _USUAL_DIVISOR.items()
    }
    return efforts | {_LATENCY_BOUNDS: {_SINGLE: Effort(texts), _TWO: Effort(texts * 2)}}


def _in_turns(contenders: _Contenders, efforts: Mapping[int, Mapping[str, Effort]], rounds: int) -> None:
    for _ in range(rounds):
        for latency, of in efforts.items():
            for name, effort in of.items():
                effort.rounds.append(contenders[name](latency, effort.texts))


def _show(latency: int, rounds: int, efforts: Mapping[str, Effort]) -> None:
    print(f"\nSending texts that are each answered after {latency} ms, {rounds} rounds in turns")
    for name, effort in efforts.items():
        speed = 1_000_000 / effort.time.microseconds
        print(f"  {name:<44} {speed:>10,.0f} texts/s  {_milliseconds(effort):>5.2f} ms of processor a text")


def _judge(efforts: Mapping[int, Mapping[str, Effort]]) -> list[bool]:
    print()
    results = []
    for latency in _USUAL_DIVISOR:
        of = efforts[latency]
        bare, single, two, usual = of[_BARE].time, of[_SINGLE].time, of[_TWO].time, of[_USUAL].time
        print(f"  at {latency} ms, one process alone, times the bare client's texts/s: {ratio(bare, single):.2f}")
        results += [
            promise(f"at {latency} ms, times the bare client's texts/s", ratio(bare, two), at_least=0.5),
            promise(f"at {latency} ms, times a task for each text", ratio(usual, two), at_least=5),
            promise(f"at {latency} ms, ms of worker processor a text", _milliseconds(of[_TWO]), at_most=1.5),
        ]
    bound = efforts[_LATENCY_BOUNDS]
    twice = ratio(bound[_SINGLE].time, bound[_TWO].time)
    return [*results, promise(f"at {_LATENCY_BOUNDS} ms, times one worker's texts/s with two", twice, at_least=1.8)]


def _milliseconds(effort: Effort) -> float:
    return effort.processor.microseconds / 1000
