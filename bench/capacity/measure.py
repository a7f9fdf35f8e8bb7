"""`python -m bench capacity`: the product's own decisions, played against fixed ratios in every kind of batch."""

import os
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import product
from statistics import fmean

from bench.capacity.ways import RATIOS, fixed, paced
from bench.capacity.world import Cell, Result
from bench.timing import promise

_TIMES, _UPTAKES, _SPEEDS = (20, 60, 200, 500), (0.15, 0.3, 0.5, 0.7), ("fast", "mixed", "slow")
_EVENTS = ("nothing", "phone", "cancelled", "added", "wrong past")
_SEEDS, _QUICK_SEEDS = 200, 20
_MOST_UNUSED, _MOST_TURNED_AWAY, _MOST_DAYS = 0.01, 0.02, 1.5


@dataclass(frozen=True, slots=True)
class Compared:
    """One cell: the means of our runs and of the best fixed ratio's, which is chosen in hindsight.

    The best is the one with the smallest sum of the two shares: times unused, and patients turned away.
    """

    cell: Cell
    ours: Result
    ratio: float
    best: Result

    @property
    def days(self) -> float:
        """How many times as long the clinic took to be full as by the best fixed ratio."""
        return self.ours.days / self.best.days


def run(*, quick: bool) -> bool:
    """Play every cell; whether all promises were kept in each of them."""
    seeds = _QUICK_SEEDS if quick else _SEEDS
    cells = [Cell(*values) for values in product(_TIMES, _UPTAKES, _SPEEDS, _EVENTS)]
    print(f"\nFilling a clinic in 14 days: {len(cells)} kinds of batch, {seeds} of each")
    print("  times  uptake  answers  meanwhile    unused  turned away   days | best ratio: unused  turned away   days")
    compared = []
    with ProcessPoolExecutor(os.cpu_count()) as processes:
        for row in processes.map(partial(compare, seeds=seeds), cells):
            compared.append(row)
            _show(row)
    worst = promise("times unused, % in the worst cell", 100 * max(r.ours.unused for r in compared), at_most=1)
    turned = promise(
        "turned away of those who came, % in the worst cell", 100 * max(r.ours.turned_away for r in compared), at_most=2
    )
    days = promise("days until full, times the best fixed ratio's", max(r.days for r in compared), at_most=_MOST_DAYS)
    return worst and turned and days


def compare(cell: Cell, *, seeds: int) -> Compared:
    """Play one cell in both ways, with the same patients."""
    ours = _mean([paced(cell, seed) for seed in range(seeds)])
    by_ratio = {ratio: _mean([fixed(cell, seed, ratio) for seed in range(seeds)]) for ratio in RATIOS}
    ratio = min(by_ratio, key=lambda ratio: by_ratio[ratio].unused + by_ratio[ratio].turned_away)
    return Compared(cell, ours, ratio, by_ratio[ratio])


def _mean(results: list[Result]) -> Result:
    return Result(
        fmean(result.unused for result in results),
        fmean(result.turned_away for result in results),
        fmean(result.days for result in results),
    )


def _show(row: Compared) -> None:
    cell, ours, best = row.cell, row.ours, row.best
    is_broken = ours.unused > _MOST_UNUSED or ours.turned_away > _MOST_TURNED_AWAY or row.days > _MOST_DAYS
    print(
        f"  {cell.times:>5}  {cell.uptake:>6.0%}  {cell.speed:<7}  {cell.event:<11}  {ours.unused:>6.2%}"
        f"  {ours.turned_away:>10.2%}  {ours.days:>6.1f} | {row.ratio:>10g}: {best.unused:>6.1%}"
        f"  {best.turned_away:>11.1%}  {best.days:>5.1f}{'  BROKEN' if is_broken else ''}",
        flush=True,
    )
