"""Things measured in turns, so that what else the machine does meets all of them alike."""

import gc
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from statistics import median
from time import perf_counter


@dataclass(frozen=True, slots=True)
class Measured:
    """One thing that was measured: seconds for so many rows in each round."""

    rows: int
    seconds: tuple[float, ...]

    @property
    def microseconds(self) -> float:
        """The median time for one row."""
        return median(self.seconds) / self.rows * 1_000_000


def in_turns(
    contestants: Mapping[str, tuple[int, Callable[[], object]]],
    rounds: int,
    before: Callable[[], object] = gc.collect,
    clock: Callable[[], float] = perf_counter,
) -> dict[str, Measured]:
    """Run each of them once in every round, in order, each after an untimed call of `before`.

    The number with each is the rows that one call of it does. What waits for nothing is best measured by
    `process_time`, which leaves out the time that other processes had.
    """
    seconds: dict[str, list[float]] = {name: [] for name in contestants}
    for _ in range(rounds):
        for name, (_, run) in contestants.items():
            before()
            begun = clock()
            run()
            seconds[name].append(clock() - begun)
    return {name: Measured(contestants[name][0], tuple(times)) for name, times in seconds.items()}


def ratio(measurement: Measured, other: Measured) -> float:
    """How many times as long a row of `one` takes as a row of `other`: the median of the rounds' own ratios."""
    pairs = zip(measurement.seconds, other.seconds, strict=True)
    return median((a / measurement.rows) / (b / other.rows) for a, b in pairs)


def show(title: str, measured: Mapping[str, Measured]) -> None:
    """Print a table of rows a second."""
    print(f"\n{title}")
    for name, measurement in measured.items():
        speed = 1_000_000 / measurement.microseconds
        cost = f"{measurement.microseconds:>8.2f} µs a row"
        print(f"  {name:<44} {speed:>10,.0f} rows/s  {cost}  {measurement.rows:>8,} rows")


def promise(label: str, figure: float, *, at_most: float | None = None, at_least: float | None = None) -> bool:
    """Print a promise beside the figure, and say whether it is kept."""
    met = (at_most is None or figure <= at_most) and (at_least is None or figure >= at_least)
    limit = f"at most {at_most:g}" if at_most is not None else f"at least {at_least:g}"
    print(f"  {'kept  ' if met else 'BROKEN'}  {label}: {figure:.2f} ({limit})")
    return met
