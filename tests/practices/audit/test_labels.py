"""Every action that the code writes has plain words."""

import ast
from collections.abc import Iterator
from pathlib import Path

from practices.audit.labels import LABELS

ROOT = Path(__file__).resolve().parents[3]
ROOMS = ["practices", "integrations", "patients", "campaigns", "booking", "selfbook"]
RECORDERS = {"record", "_record"}


def actions() -> set[str]:
    """The constants that are handed to `audit.record`, or to a room's own `_record`, as the action."""
    return {action for room in ROOMS for path in (ROOT / room).rglob("*.py") for action in actions_in(path)}


def actions_in(path: Path) -> Iterator[str]:
    for function in ast.walk(ast.parse(path.read_text())):
        if not isinstance(function, ast.FunctionDef):
            continue
        for call in ast.walk(function):
            if isinstance(call, ast.Call) and call.args and name_of(call.func) in RECORDERS:
                yield from constants(call.args[0], function)


def name_of(called: ast.expr) -> str:
    return called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")


def constants(given: ast.expr, function: ast.FunctionDef) -> Iterator[str]:
    """The dotted texts of an argument; for a name, those of all that the function assigns to it."""
    if isinstance(given, ast.Name):
        for node in ast.walk(function):
            if isinstance(node, ast.Assign) and given.id in {
                name.id for target in node.targets for name in ast.walk(target) if isinstance(name, ast.Name)
            }:
                yield from constants(node.value, function)
        return
    for node in ast.walk(given):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and "." in node.value:
            yield node.value


def test_every_action_has_words() -> None:
    written = actions()
    assert len(written) > 25
    assert written <= set(LABELS), written - set(LABELS)


def test_words_are_words() -> None:
    assert len(set(LABELS.values())) == len(LABELS)
    assert all(label[0].isupper() and not label.endswith(".") for label in LABELS.values())
