"""Claim, call, settle: one shape wherever an outside system is called for stored rows, and one list of the places."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SHAPE = ["claim", "call", "settle"]
SENDING = "integrations/outbox/messages/sending.py"
"""Texts are claimed while others are in flight: there the call is in two halves, and a turn has all of them."""


def _places() -> list[str]:
    section = (ROOT / "docs/architecture.md").read_text().split("### Claim, call, settle")[1].split("\n## ")[0]
    return re.findall(r"^\| `([a-z_/]+\.py)`", section, re.MULTILINE)


def _defined(body: list[ast.stmt]) -> list[str]:
    return [node.name for node in body if isinstance(node, ast.FunctionDef)]


def _imported(body: list[ast.stmt]) -> set[str]:
    return {alias.name for node in body if isinstance(node, ast.ImportFrom) for alias in node.names}


def _claiming() -> set[str]:
    """The product's modules that have a function named `claim`."""
    rooms = ("booking", "campaigns", "patients", "integrations", "practices")
    paths = [path for room in rooms for path in (ROOT / room).rglob("*.py")]
    return {str(path.relative_to(ROOT)) for path in paths if "claim" in _defined(ast.parse(path.read_text()).body)}


def test_the_page_names_every_place() -> None:
    assert sorted(_places()) == sorted(_claiming() | {SENDING})


@pytest.mark.parametrize("place", [place for place in _places() if place != SENDING])
def test_each_has_the_three_in_their_order(place: str) -> None:
    body = ast.parse((ROOT / place).read_text()).body
    found = [name for name in _defined(body) if name in SHAPE]
    assert found == SHAPE or (found == SHAPE[:2] and "settle" in _imported(body))


def test_a_turn_of_sending_has_its_call_in_two_halves() -> None:
    body = ast.parse((ROOT / SENDING).read_text()).body
    (turn,) = [node for node in body if isinstance(node, ast.ClassDef) and node.name == "_Turn"]
    names = [name for name in _defined(turn.body) if not name.startswith("_")]
    assert [name for name in names if name != "fill"] == ["claim", "post", "hear", "settle"]
