"""The hazard log says what the data and the tests' marks say, and each hazard is proven."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests import hazards
from tests.hazards import Control, Hazard, Proof, Rating, faults

KNOWN = hazards.hazards()
PROVEN = hazards.proofs()


def test_each_hazard_has_controls_and_each_control_a_test() -> None:
    assert len(KNOWN) >= 21
    assert sum(len(hazard.controls) for hazard in KNOWN) >= 85
    assert faults(KNOWN, PROVEN) == []


def test_the_log_is_as_it_would_be_written_now() -> None:
    assert hazards.LOG.read_text(encoding="utf-8") == hazards.written(KNOWN, PROVEN), "run `make hazards`"


def test_no_remaining_risk_is_beyond_bearing() -> None:
    assert [hazard.id for hazard in KNOWN if hazard.after.risk > 3] == []
    assert [hazard.id for hazard in KNOWN if hazard.after.risk > hazard.before.risk] == []


def test_the_table_of_risks_rises_with_both() -> None:
    for row, above in zip(hazards.RISKS, hazards.RISKS[1:], strict=False):
        assert list(row) == sorted(row)
        assert all(low <= high for low, high in zip(row, above, strict=True))


LOW = Rating("minor", "low")
HAZARD = Hazard("H-90", "Made up", "None", "None", LOW, LOW, "", [Control("H-90.1", "It goes wrong", "a look")])
MARKED = {"H-90.1": [Proof("tests/test_made_up.py", "test_it", guard_off=False)]}


@pytest.mark.parametrize(
    ("known", "proven", "fault"),
    [
        ([replace(HAZARD, controls=[])], {}, "H-90 has no control"),
        ([HAZARD], {}, "H-90.1 has no test"),
        ([HAZARD], {**MARKED, "H-91.1": MARKED["H-90.1"]}, "proves H-91.1, which is none"),
        ([HAZARD, HAZARD], MARKED, "H-90 is there twice"),
        ([replace(HAZARD, id="H-92")], MARKED, "H-90.1 is no control of H-92"),
        ([replace(HAZARD, before=Rating("awful", "low"))], MARKED, "H-90 has a class that is none"),
        ([replace(HAZARD, after=Rating("major", "medium"))], MARKED, "H-90 does not say why"),
    ],
)
def test_what_is_wrong_is_said(known: list[Hazard], proven: dict[str, list[Proof]], fault: str) -> None:
    assert faults([HAZARD], MARKED) == []
    assert any(fault in sentence for sentence in faults(known, proven))


def test_the_command_fails_where_the_log_is_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hazards, "LOG", tmp_path / "log.md")
    assert hazards.main("--check") == 1
    assert hazards.main() == 0
    assert hazards.main("--check") == 0


def test_marks_are_read_from_any_test() -> None:
    source = '@pytest.mark.hazard("H-1.1", "H-2.1", guard_off=True)\nasync def test_it() -> None: ...\n'
    proof = Proof("tests/test_it.py", "test_it", guard_off=True)
    assert list(hazards._marks(source, "tests/test_it.py")) == [("H-1.1", proof), ("H-2.1", proof)]
