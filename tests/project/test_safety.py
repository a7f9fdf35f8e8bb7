"""The page of hazards names tests that are there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
PAGE = (ROOT / "docs" / "safety.md").read_text(encoding="utf-8")
ROWS = [line for line in PAGE.splitlines() if line.startswith("| ") and not line.startswith("| hazard")]
NAMED = sorted(set(re.findall(r"`(tests/[\w/]+\.py)(?:::(\w+))?`", PAGE)))


def test_every_hazard_has_a_control_and_a_test() -> None:
    assert len(ROWS) > 40
    for row in ROWS:
        _, hazard, control, proof, _ = (cell.strip() for cell in row.split("|"))
        assert hazard
        assert control
        assert "`tests/" in proof


@pytest.mark.parametrize(("file", "test"), NAMED)
def test_it_is_there(file: str, test: str) -> None:
    source = (ROOT / file).read_text(encoding="utf-8")
    assert not test or f"\ndef {test}(" in source
