"""`python -m bench capacity`: the product's own decisions, played against fixed ratios in every kind of batch."""

import os
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import product
from statistics import fmean
from time import monotonic

from bench.capacity.ratios import best_ratio
from bench.capacity.ways import paced, told
from bench.capacity.world import Cell, Result
from bench.timing import promise

_TIMES, _UPTAKES, _SPEEDS = (20, 60, 200, 500), (0.15, 0.3, 0.5, 0.7), ("fast", "mixed", "slow")
_EVENTS = ("nothing", "phone", "cancelled", "added", "wrong past")
_SEEDS = 200
_QUICK_TIMES, _QUICK_UPTAKES, _QUICK_EVENTS, _QUICK_SEEDS = (20, 200), (0.15, 0.5), ("nothing", "phone"), 12
_MOST_UNUSED, _MOST_TURNED_AWAY, _MOST_DAYS = 0.01, 0.02, 1.5


@dataclass(frozen=True, slots=True)
class Compared:
    """One cell: the means of our runs, of those of our rule told the truth, and of the best fixed ratio's."""

    cell: Cell
    ours: Result
    told: Result
    ratio: float
    best: Result

    @property
    def days(self) -> float:
        """How many times as long the clinic took to be full as by the best fixed ratio."""
        return self.ours.days / self.best.days

    @property
    def is_broken(self) -> bool:
        """Whether a promise is, in this cell."""
        ours = self.ours
        return ours.unused > _MOST_UNUSED or ours.turned_away > _MOST_TURNED_AWAY or self.days > _MOST_DAYS


def run(*, quick: bool) -> bool:
    """Play every cell, or some of them; whether all promises were kept in each."""
    began = monotonic()
    times, uptakes = (_QUICK_TIMES, _QUICK_UPTAKES) if quick else (_TIMES, _UPTAKES)
    events, seeds = (_QUICK_EVENTS, _QUICK_SEEDS) if quick else (_EVENTS, _SEEDS)
    cells = [Cell(*values) for values in product(times, uptakes, _SPEEDS, events)]
    print(f"\nFilling a clinic in 14 days: {len(cells)} kinds of batch, {seeds} of each")
    print("  Each as: times unused, patients turned away of those who came, days until full")
    print(
        "  times  uptake  answers  meanwhile   |            ours            |    told the truth   |   best fixed number"
    )
    compared = []
    with ProcessPoolExecutor(int(os.environ.get("BENCH_PROCESSES", os.cpu_count() or 1))) as processes:
        for row in processes.map(partial(compare, seeds=seeds), cells):
            compared.append(row)
            _show(row)
    print(
        f"  {sum(row.is_broken for row in compared)} of {len(cells)} kinds break a promise; {monotonic() - began:.0f} s"
    )
    worst = promise("times unused, % in the worst kind", 100 * max(r.ours.unused for r in compared), at_most=1)
    turned = promise(
        "turned away of those who came, % in the worst kind", 100 * max(r.ours.turned_away for r in compared), at_most=2
    )
    days = promise("days until full, times the best fixed number's", max(r.days for r in compared), at_most=_MOST_DAYS)
    return worst and turned and days


def compare(cell: Cell, *, seeds: int) -> Compared:
    """Play one cell in all ways."""
    ours, knowing = (_mean([way(cell, seed) for seed in range(seeds)]) for way in (paced, told))
    ratio, best = best_ratio(cell, seeds=seeds)
    return Compared(cell, ours, knowing, ratio, best)


def _mean(results: list[Result]) -> Result:
    return Result(
        fmean(result.unused for result in results),
        fmean(result.turned_away for result in results),
        fmean(result.days for result in results),
    )


def _show(row: Compared) -> None:
    cell = row.cell
    ways = (f"{way.unused:>6.2%} {way.turned_away:>6.2%} {way.days:>5.1f}" for way in (row.ours, row.told, row.best))
    ours, knowing, best = ways
    print(
        f"  {cell.times:>5}  {cell.uptake:>6.0%}  {cell.speed:<7}  {cell.event:<11} | {ours} {row.days:>3.1f} x |"
        f" {knowing} | {row.ratio:>4.2f}: {best}{'  BROKEN' if row.is_broken else ''}",
        flush=True,
    )
