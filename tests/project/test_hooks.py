"""Hooks and the table of them in docs/architecture.md: the same hooks, the same contracts, the same rooms."""

import importlib
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps

from core.hooks import Hook
from tests.project.test_map import ROOT, packages

ROOMS = ["core", "practices", "integrations", "patients", "campaigns", "booking", "selfbook"]
"""From the lowest up."""

ROWS = re.findall(
    r"^\| ([^|`]+) \| `(\w+)` in `([\w/.]+)` \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$",
    (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8"),
    re.MULTILINE,
)
"""Of each hook: name, attribute, file, when it is called, contract, rooms."""


def modules() -> Iterator[Path]:
    for package in packages():
        yield from sorted((ROOT / package).glob("*.py"))


def hooks() -> dict[tuple[str, str], Hook[Any]]:
    """Every hook of the product, by its attribute and file."""
    made: dict[tuple[str, str], Hook[Any]] = {}
    for path in modules():
        name = str(path.relative_to(ROOT))
        for attribute in re.findall(r"^(\w+): Hook\[", path.read_text(encoding="utf-8"), re.MULTILINE):
            module = importlib.import_module(name.removesuffix(".py").replace("/", "."))
            made[attribute, name] = getattr(module, attribute)
    return made


HOOKS = hooks()


@pytest.fixture
def registered(monkeypatch: pytest.MonkeyPatch) -> dict[Hook[Any], list[tuple[str, Any]]]:
    """What each room's `apps.py` registers when the product starts, by the hook: the room and what it registers."""
    calls: dict[Hook[Any], list[tuple[str, Any]]] = defaultdict(list)
    for config in apps.get_app_configs():
        if config.name in ROOMS:
            with monkeypatch.context() as patch:
                patch.setattr(Hook, "register", lambda hook, new, room=config.name: calls[hook].append((room, new)))
                config.ready()
    return calls


def test_there_are_hooks_and_each_is_made_in_the_same_way() -> None:
    assert len(HOOKS) > 10
    calls = sum(len(re.findall(r"(?<!class )\bHook\(", path.read_text(encoding="utf-8"))) for path in modules())
    assert calls == len(HOOKS), "a hook is a value of a module with its type: `name: Hook[...] = Hook(...)`"


def test_the_table_names_every_hook_and_no_other() -> None:
    assert sorted((name, attribute, file) for name, attribute, file, *_ in ROWS) == sorted(
        (hook.name, attribute, file) for (attribute, file), hook in HOOKS.items()
    )


def test_names_are_different() -> None:
    names = [hook.name for hook in HOOKS.values()]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_the_table_says_what_the_hook_says_and_who_registers(
    row: tuple[str, ...], registered: dict[Hook[Any], list[tuple[str, Any]]]
) -> None:
    _, attribute, file, called, contract, rooms = row
    hook = HOOKS[attribute, file]
    assert contract == hook.contract
    assert called
    assert rooms.split(", ") == sorted({room for room, _ in registered[hook]}, key=ROOMS.index)


def test_only_the_rooms_apps_register(registered: dict[Hook[Any], list[tuple[str, Any]]]) -> None:
    for hook in HOOKS.values():
        assert list(hook) == [new for _, new in registered[hook]], hook


def test_what_is_registered_twice_is_called_once() -> None:
    before = [list(hook) for hook in HOOKS.values()]
    for config in apps.get_app_configs():
        if config.name in ROOMS:
            config.ready()
    assert [list(hook) for hook in HOOKS.values()] == before


def test_no_room_registers_below_what_it_may_import(registered: dict[Hook[Any], list[tuple[str, Any]]]) -> None:
    for (_, file), hook in HOOKS.items():
        asking = ROOMS.index(file.split("/")[0])
        assert all(ROOMS.index(room) >= asking for room, _ in registered[hook]), hook


def test_functions_are_called_in_the_order_in_which_they_were_registered() -> None:
    hook: Hook[str] = Hook("letters", "stand in a row")
    for letter in "bab":
        hook.register(letter)
    assert list(hook) == ["b", "a"]
    assert repr(hook) == "<Hook letters>"
