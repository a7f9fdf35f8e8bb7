"""The pages of the repository: their links lead somewhere, and the changelog is about this version."""

import re
import tomllib
from datetime import date
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
PAGES = sorted(path.relative_to(ROOT) for path in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_every_link_inside_the_repository_leads_to_a_file(page: Path) -> None:
    source = (ROOT / page).read_text(encoding="utf-8")
    links = re.findall(r'\]\(([^)#\s]+)[^)]*\)|src="([^"]+)"', source)
    for target in (href or other for href, other in links):
        if not target.startswith("https://"):
            assert (ROOT / page.parent / target).exists(), target


def test_the_newest_entry_of_the_changelog_is_this_version() -> None:
    entries = re.findall(r"^## \[([\d.]+)\] - (\S+)$", read("CHANGELOG.md"), re.MULTILINE)
    versions = [tuple(map(int, version.split("."))) for version, _ in entries]
    days = [date.fromisoformat(day) for _, day in entries]
    assert entries[0][0] == PROJECT["version"]
    assert versions == sorted(set(versions), reverse=True)
    assert days == sorted(days, reverse=True)


def test_the_licence_is_the_one_that_the_project_names() -> None:
    assert read("LICENSE").startswith(f"{PROJECT['license']} License")


def test_every_decision_has_a_number_of_its_own_and_the_same_parts() -> None:
    records = sorted((ROOT / "docs" / "decisions").glob("*.md"))
    assert [int(path.name[:4]) for path in records] == list(range(1, len(records) + 1))
    for path in records:
        source = path.read_text(encoding="utf-8")
        assert source.startswith(f"# {int(path.name[:4])}. "), path.name
        for part in ("\nStatus: ", "\n**Decision.**", "\n**Consequences.**"):
            assert part in source, (path.name, part)


def read(name: str) -> str:
    """The text of a page in the repository's first folder."""
    return (ROOT / name).read_text(encoding="utf-8")


MADE = {"docs/pictures"}
"""Folders that a command makes."""
FILES = [path.relative_to(ROOT).as_posix() for path in ROOT.rglob("*.py") if ".venv" not in path.parts]


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_every_module_that_a_page_names_is_there(page: Path) -> None:
    """By its path from the first folder, or by the end of it."""
    source = (ROOT / page).read_text(encoding="utf-8")
    named = set(re.findall(r"`([\w/]+\.py)(?:::\w+)?`", source))
    assert [name for name in named if not any(f"/{path}".endswith(f"/{name}") for path in FILES)] == []


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_every_folder_that_a_page_names_is_there(page: Path) -> None:
    source = (ROOT / page).read_text(encoding="utf-8")
    rooms = "selfbook|booking|campaigns|patients|integrations|practices|core|tests|bench|docs|templates|static"
    named = re.findall(rf"`((?:{rooms})(?:/[\w.-]+)*/?)`", source)
    assert [name for name in named if name not in MADE and not (ROOT / name).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_every_test_that_a_page_names_is_there(page: Path) -> None:
    """By its file and its name, as in `tests/room/test_part.py::test_it`."""
    source = (ROOT / page).read_text(encoding="utf-8")
    for file, name in re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", source):
        assert re.search(rf"^(async )?def {name}\(", read(file), re.MULTILINE), (file, name)


def test_each_thing_that_gp_connect_asks_for_has_a_place_and_a_test() -> None:
    """The table of `docs/integrations.md`: a module of the product that is there, and a test that is."""
    section = read("docs/integrations.md").partition("### What GP Connect asks of its users")[2].partition("\n## ")[0]
    rows = [row.strip("| ").split(" | ") for row in section.splitlines() if row.startswith("| ")][2:]
    assert len(rows) > 15
    for asked, where, shown in rows:
        modules, tests = re.findall(r"`([\w/]+\.py)`", where), re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", shown)
        assert asked
        assert modules
        assert tests
        for module in [*modules, *(file for file, _ in tests)]:
            assert (ROOT / module).exists(), module
