"""A link's last day is written in one module only, beside the invitation itself."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
OWNER = "campaigns/models/invitations.py"
ROOMS = ("selfbook", "booking", "campaigns", "patients", "integrations", "practices", "core", "bench")

OTHERS = {
    "booking/appointments/services.py": "a hold of a slot",
    "practices/staff/services.py": "an invitation to staff",
    "campaigns/sending/issuing.py": "a new invitation, until its lifetime's end",
    "bench/sending/batch.py": "a new invitation, until its lifetime's end",
}
"""Modules that make rows with a last day, each for its one reason."""


def _writes(tree: ast.AST) -> Iterator[int]:
    """The lines of a module that write `expires_at`: assignments, keywords of calls, names of columns to save."""
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(attr="expires_at", ctx=ast.Store()):
                yield node.lineno
            case ast.Call(func=ast.Attribute(attr="update" | "create" | "update_or_create" | "get_or_create")):
                yield from (word.value.lineno for word in node.keywords if word.arg == "expires_at")
            case ast.Call(func=ast.Attribute(attr="save" | "bulk_update")):
                yield from (text.lineno for text in ast.walk(node) if isinstance(text, ast.expr) and _is_name(text))
            case ast.Call(func=ast.Name(id="Invitation")):
                yield from (word.value.lineno for word in node.keywords if word.arg == "expires_at")
            case ast.Dict():
                yield from (key.lineno for key in node.keys if key is not None and _is_name(key))


def _is_name(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value == "expires_at"


def _writers() -> set[str]:
    paths = [path for room in ROOMS for path in (ROOT / room).rglob("*.py") if "migrations" not in path.parts]
    return {str(path.relative_to(ROOT)) for path in paths if any(_writes(ast.parse(path.read_text())))}


def test_only_its_owner_writes_a_links_last_day() -> None:
    assert _writers() == {OWNER, *OTHERS}


@pytest.mark.parametrize(
    "line",
    [
        "invitation.expires_at = later",
        "invitation.expires_at = invitation.ended_at = now",
        "invitation.expires_at += DAY",
        "links.update(state=OPEN, expires_at=later)",
        "Invitation.objects.bulk_update(links, ['expires_at'])",
        "invitation.save(update_fields=['state', 'expires_at'])",
        "links.update_or_create(defaults={'expires_at': later})",
        "Invitation(expires_at=later)",
    ],
)
def test_every_way_to_write_it_is_seen(line: str) -> None:
    assert list(_writes(ast.parse(line)))


@pytest.mark.parametrize("line", ["links.filter(expires_at__gt=now)", "show(request, expires_at=link.expires_at)"])
def test_reading_it_is_free(line: str) -> None:
    assert not list(_writes(ast.parse(line)))
