"""How fast rows are read and checked, beside the naive loop and the exact fast floor."""

import io
from collections.abc import Sequence
from time import process_time

from bench import lists, yardsticks
from bench.timing import in_turns, promise, ratio, show
from patients.checks.rows import ListCheck, Rules
from patients.files.reader import open_table
from patients.models import Verdict

RULES = Rules(
    system="systmone",
    today=lists.TODAY,
    allow_test_numbers=False,
    allow_islands=False,
    text_from_age=16,
    needs_record=False,
)
_ENOUGH = 1_000_000_000


def ours(data: bytes) -> int:
    """Read and check a file as a worker does, every check on; how many rows can be sent."""
    with open_table(io.BytesIO(data), system=RULES.system, most_bytes=_ENOUGH, most_rows=_ENOUGH) as table:
        return sum(row.verdict is Verdict.CAN for row in ListCheck(RULES).check_table(table))


def run(*, quick: bool = False) -> bool:
    """Measure, print, and say whether every promise was kept."""
    rows, rounds = (20_000, 3) if quick else (100_000, 5)
    return all(
        [
            _usual(rows, rounds),
            _phones("odd", lists.ODD_PHONES, rows // 10, rounds),
            _phones("bad", lists.BAD_PHONES, rows // 10, rounds),
        ]
    )


def _usual(rows: int, rounds: int) -> bool:
    data, part = lists.systmone(rows), lists.systmone(rows // 5)
    for run in (ours, yardsticks.floor, yardsticks.naive):
        run(lists.systmone(1_000))
    assert ours(part) == yardsticks.floor(part) == yardsticks.naive(part), "the verdicts differ"
    # The naive loop takes as long for every row, and does a fifth of them, so that this ends in time.
    measured = in_turns(
        {
            "ours, every check on, reading included": (rows, lambda: ours(data)),
            "floor: verdicts only": (rows, lambda: yardsticks.floor(data)),
            "naive: csv, stdnum, phonenumbers, strptime": (rows // 5, lambda: yardsticks.naive(part)),
        },
        rounds,
        clock=process_time,
    )
    show(f"Checking a SystmOne list, 5 % of rows bad, {rounds} rounds in turns", measured)
    us, floor, naive = measured.values()
    return all(
        [
            promise("times the floor's time", ratio(us, floor), at_most=2),
            promise("times as fast as naive", ratio(naive, us), at_least=6),
        ]
    )


def _phones(kind: str, phones: Sequence[str], rows: int, rounds: int) -> bool:
    data = lists.with_phones(rows, phones)
    measured = in_turns(
        {
            "ours, every check on, reading included": (rows, lambda: ours(data)),
            "naive: csv, stdnum, phonenumbers, strptime": (rows, lambda: yardsticks.naive(data)),
        },
        rounds,
        clock=process_time,
    )
    show(f"Checking a list of nothing but {kind} phones, {rounds} rounds in turns", measured)
    us, naive = measured.values()
    return promise("times as fast as naive", ratio(naive, us), at_least=1)
