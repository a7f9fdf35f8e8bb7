"""Clinics filled by the decisions themselves, with patients who answer along no curve that is supposed."""

import pytest

from bench.capacity.ratios import best_ratio
from bench.capacity.told import truth
from bench.capacity.ways import paced, told
from bench.capacity.world import Cell


@pytest.mark.parametrize(
    "cell", [Cell(200, 0.3, "mixed"), Cell(200, 0.15, "fast", "phone"), Cell(60, 0.5, "slow")], ids=str
)
def test_it_fills_and_hardly_anybody_is_turned_away(cell: Cell) -> None:
    results = [paced(cell, seed) for seed in range(4)]
    assert sum(result.unused for result in results) / 4 <= 0.01
    assert sum(result.turned_away for result in results) / 4 <= 0.03


def test_the_truth_is_one_case_that_is_certain() -> None:
    cases = truth(0.3, "mixed")
    assert cases.soon(10_000) == pytest.approx(0.3, abs=0.03)
    assert told(Cell(60, 0.3, "mixed"), 1).unused <= 0.05


def test_the_best_fixed_number_is_near_one_by_the_uptake() -> None:
    ratio, result = best_ratio(Cell(200, 0.5, "fast"), seeds=30)
    assert 1.8 < ratio < 2.3
    assert result.unused + result.turned_away < 0.08
    assert 0 < result.days <= 14
