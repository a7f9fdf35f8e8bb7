"""The names of our code are the field's words: nouns for things and verbs for acts, not what a story would say."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
STORY = frozenset(
    ["found", "one", "ones", "said", "told", "kept", "words", "thing", "things", "heard", "lay", "surely"]
)
"""Say what it is: matches, row, reply, notified, stored, labels, message; create, retry."""
MOST = 5
"""So many of 1,000 names: the rest are stored, or imposed by a library."""


def names_in(source: str) -> Iterator[str]:
    """Every name that a module gives: variables, parameters, functions and classes. A test's own name is a sentence."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Name(id=name, ctx=ast.Store()) | ast.arg(arg=name):
                yield name
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name) if not name.startswith("test_"):
                yield name
            case ast.Attribute(attr=name, ctx=ast.Store()):
                yield name
            case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)) | ast.alias(asname=str(name)):
                yield name


def is_of_a_story(name: str) -> bool:
    return not STORY.isdisjoint(name.lower().strip("_").split("_"))


@pytest.mark.parametrize(
    "rooms",
    [("core", "practices", "integrations", "patients", "campaigns", "booking", "selfbook"), ("tests",), ("bench",)],
)
def test_names_are_the_words_of_the_field(rooms: tuple[str, ...]) -> None:
    paths = [path for room in rooms for path in (ROOT / room).rglob("*.py") if "migrations" not in path.parts]
    names = [name for path in paths for name in names_in(path.read_text(encoding="utf-8"))]
    bad = [name for name in names if is_of_a_story(name)]
    assert len(bad) * 1000 <= MOST * len(names), sorted(set(bad))
