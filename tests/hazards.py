"""The hazard log, made from docs/safety/hazards.toml and from the marks on tests: `python -m tests.hazards [--check]`.

`@pytest.mark.hazard("H-01.2")` says that a test proves a control; `guard_off=True` that it first shows the harm with
the control switched off. A hazard without controls, and a control without a test, are faults. The classes, and the
table of risks, are those of the guidance to DCB0129.
"""

import ast
import sys
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT / "docs" / "safety" / "hazards.toml"
LOG = ROOT / "docs" / "safety" / "hazard-log.md"

SEVERITIES = ("minor", "significant", "considerable", "major", "catastrophic")
LIKELIHOODS = ("very low", "low", "medium", "high", "very high")
RISKS = ((1, 1, 2, 2, 3), (1, 2, 2, 3, 4), (2, 2, 3, 3, 4), (2, 3, 3, 4, 5), (3, 4, 4, 5, 5))
"""By likelihood, then by severity: 1 and 2 are acceptable, 3 is undesirable, 4 and 5 are not acceptable."""
ACCEPTABLE = 2


@dataclass(frozen=True, slots=True)
class Proof:
    """A test that proves a control: its file from the first folder, and its name."""

    file: str
    test: str
    guard_off: bool

    def __str__(self) -> str:
        """As the log has it."""
        return f"`{self.file}::{self.test}`{' (guard off)' if self.guard_off else ''}"


@dataclass(frozen=True, slots=True)
class Rating:
    """How grave and how likely."""

    severity: str
    likelihood: str

    @property
    def risk(self) -> int:
        """1 to 5. Raises ValueError for a class that is none."""
        return RISKS[LIKELIHOODS.index(self.likelihood)][SEVERITIES.index(self.severity)]


@dataclass(frozen=True, slots=True)
class Control:
    """What holds one way to a hazard off."""

    id: str
    danger: str
    measure: str


@dataclass(frozen=True, slots=True)
class Hazard:
    """One hazard as the data has it."""

    id: str
    name: str
    cause: str
    effect: str
    before: Rating
    after: Rating
    remaining: str
    controls: Sequence[Control]


def hazards(path: Path = DATA) -> list[Hazard]:
    """The hazards of the data. Raises KeyError or TypeError where one lacks a part."""
    read = tomllib.loads(path.read_text(encoding="utf-8"))
    return [_hazard(dict(entry)) for entry in read["hazard"]]


def _hazard(entry: dict[str, Any]) -> Hazard:
    controls = [Control(**control) for control in entry.pop("control", ())]
    after = Rating(entry.pop("severity_after"), entry.pop("likelihood_after"))
    before = Rating(entry.pop("severity"), entry.pop("likelihood"))
    return Hazard(**entry, before=before, after=after, controls=controls)


def proofs(folder: Path = ROOT / "tests") -> dict[str, list[Proof]]:
    """The tests by the control that their marks name."""
    named: dict[str, list[Proof]] = {}
    for path in sorted(folder.rglob("test_*.py")):
        source = path.read_text(encoding="utf-8")
        if "mark.hazard(" in source:
            for control, proof in _marks(source, path.relative_to(ROOT).as_posix()):
                named.setdefault(control, []).append(proof)
    return named


def _marks(source: str, file: str) -> Iterator[tuple[str, Proof]]:
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        for call in node.decorator_list:
            if isinstance(call, ast.Call) and ast.unparse(call.func) == "pytest.mark.hazard":
                guard_off = any(keyword.arg == "guard_off" for keyword in call.keywords)
                for argument in call.args:
                    yield ast.literal_eval(argument), Proof(file, node.name, guard_off)


def faults(known: Sequence[Hazard], proven: dict[str, list[Proof]]) -> list[str]:
    """What is wrong with the log, each in a sentence; empty when all is well."""
    controls = [control.id for hazard in known for control in hazard.controls]
    ids = [hazard.id for hazard in known]
    wrong = [f"{name} is there twice." for name in sorted(set(ids + controls)) if (ids + controls).count(name) > 1]
    for hazard in known:
        if not hazard.controls:
            wrong.append(f"{hazard.id} has no control: {hazard.name}.")
        for rating in (hazard.before, hazard.after):
            if rating.severity not in SEVERITIES or rating.likelihood not in LIKELIHOODS:
                wrong.append(f"{hazard.id} has a class that is none: {rating.severity}, {rating.likelihood}.")
            elif rating is hazard.after and rating.risk > ACCEPTABLE and not hazard.remaining:
                wrong.append(f"{hazard.id} does not say why its remaining risk must be borne.")
        wrong += [
            f"{control.id} is no control of {hazard.id}."
            for control in hazard.controls
            if not control.id.startswith(f"{hazard.id}.")
        ]
    wrong += [
        f"{control} has no test: mark one with pytest.mark.hazard." for control in controls if control not in proven
    ]
    wrong += [f"{proven[name][0]} proves {name}, which is none." for name in sorted(set(proven) - set(controls))]
    return wrong


_HEAD = """# Hazard log

Made by `make hazards` from [hazards.toml](hazards.toml) and the marks on tests: do not write here. [What it is for, and
who decides](README.md). Risks are 1 to 5: 1 and 2 are acceptable, 3 is undesirable and must be borne for a reason, 4
and 5 are not acceptable. "Guard off" marks a test that first shows the harm with its control switched off.

| hazard | | before | after |
|---|---|---|---|
"""


def written(known: Sequence[Hazard], proven: dict[str, list[Proof]]) -> str:
    """The log as a page."""
    rows = [
        f"| [{each.id}](#{each.id.lower()}) | {each.name} | {each.before.risk} | {each.after.risk} |" for each in known
    ]
    return _HEAD + "\n".join(rows) + "\n" + "".join(_section(hazard, proven) for hazard in known)


def _section(hazard: Hazard, proven: dict[str, list[Proof]]) -> str:
    controls = [
        f"| {control.id} | {control.danger} | {control.measure} | {', '.join(map(str, proven.get(control.id, [])))} |"
        for control in hazard.controls
    ]
    return "\n".join(
        [
            f"\n## {hazard.id}\n",
            f"**{hazard.name}.**\n",
            f"- Cause: {hazard.cause}.",
            f"- Effect: {hazard.effect}.",
            f"- Before controls: {_rating(hazard.before)}.",
            f"- After controls: {_rating(hazard.after)}.",
            f"- What remains: {hazard.remaining}\n",
            "| control | what could go wrong | what holds it off | proof |",
            "|---|---|---|---|",
            *controls,
            "",
        ]
    )


def _rating(rating: Rating) -> str:
    return f"severity {rating.severity}, likelihood {rating.likelihood}, risk {rating.risk}"


def main(*arguments: str) -> int:
    """Write the log, or with `--check` hold the one that is there to the data; 1 and what is wrong, or 0."""
    known, proven = hazards(), proofs()
    wrong = faults(known, proven)
    text = "" if wrong else written(known, proven)
    if "--check" in arguments and not wrong and (not LOG.exists() or LOG.read_text(encoding="utf-8") != text):
        wrong = ["docs/safety/hazard-log.md is not what the marks and the data say: run `make hazards`."]
    sys.stderr.writelines(f"{sentence}\n" for sentence in wrong)
    if not wrong and "--check" not in arguments:
        LOG.write_text(text, encoding="utf-8")
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
