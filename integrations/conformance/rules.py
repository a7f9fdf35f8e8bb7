"""The rules that a record gateway is tried against, each with the section of the contract's page that it is from.

Outcomes say what was wrong by statuses, field names and error codes. What a gateway answered about a patient is never
in them.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum

import httpx

from integrations.conformance.trial import Broken, NotTried, Trial

PAGE = "docs/reference/record-gateway.md"


class Result(StrEnum):
    """What became of a rule."""

    PASSED = "pass"
    FAILED = "fail"
    NOT_TRIED = "not tried"


@dataclass(frozen=True, slots=True)
class Rule:
    """One thing that the contract promises. `name` is for machines, and stays; `section` is of `PAGE`.

    `holds` tries it: it raises Broken with what is wrong, or NotTried with why nobody knows.
    """

    name: str
    title: str
    section: str
    holds: Callable[[Trial], None]


@dataclass(frozen=True, slots=True)
class Outcome:
    """A rule with what became of it, and why unless it passed."""

    rule: Rule
    result: Result
    why: str = ""


def run(rules: Iterable[Rule], trial: Trial) -> list[Outcome]:
    """Try each rule in turn. One that breaks, or is not answered, keeps no other from being tried."""
    return [_outcome(rule, trial) for rule in rules]


def _outcome(rule: Rule, trial: Trial) -> Outcome:
    try:
        rule.holds(trial)
    except NotTried as error:
        return Outcome(rule, Result.NOT_TRIED, str(error))
    except Broken as error:
        return Outcome(rule, Result.FAILED, str(error))
    except httpx.HTTPError as error:
        return Outcome(rule, Result.FAILED, f"it did not answer ({type(error).__name__})")
    return Outcome(rule, Result.PASSED)
