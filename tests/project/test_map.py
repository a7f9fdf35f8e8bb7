"""The map names every package of the product, and no other."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
MAP = (ROOT / "docs" / "map.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| `([\w/]+)/` \| (.*) \|$", MAP, re.MULTILINE)
NAMED = [path for path, _ in ROWS]

_NOT_THE_PRODUCT = {"tests", "bench"}
_OF_DJANGO = {"migrations", "management"}
"""Folders whose names and places Django decides. The commands inside `management` are on the map."""


def packages() -> list[str]:
    """Every package of the product, by its path."""
    roots = {path.parent for path in ROOT.glob("*/__init__.py")} - {ROOT / name for name in _NOT_THE_PRODUCT}
    folders = [path.parent for root in roots for path in root.rglob("__init__.py")]
    return sorted(str(folder.relative_to(ROOT)) for folder in folders if folder.name not in _OF_DJANGO)


def test_there_are_packages() -> None:
    assert {"booking", "integrations/clinical", "selfbook/management/commands"} <= set(packages())


def test_every_package_is_on_the_map() -> None:
    assert sorted(set(packages()) - set(NAMED)) == []


def test_everything_on_the_map_is_there() -> None:
    assert sorted(set(NAMED) - set(packages())) == []


def test_nothing_is_on_it_twice() -> None:
    assert len(NAMED) == len(set(NAMED))


def test_each_has_a_line_of_its_own_under_its_room() -> None:
    lines = [line for _, line in ROWS]
    assert len(lines) == len(set(lines))
    for path, line in ROWS:
        assert len(line.split()) >= 4, path
        assert path.split("/")[0] in NAMED, path
