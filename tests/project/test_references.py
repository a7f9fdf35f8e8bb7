"""References such as (gp-connect#booking) lead to a section of docs/reference, and each section is referred to."""

import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
FOLDER = ROOT / "docs" / "reference"
PAGES = {path.stem: path.read_text(encoding="utf-8") for path in sorted(FOLDER.glob("*.md")) if path.stem != "README"}
CONTENTS = (FOLDER / "README.md").read_text(encoding="utf-8")

SUFFIXES = {".py", ".jinja", ".html", ".js", ".css", ".toml", ".md", ".yml", ".csv"}
NAMES = {"Makefile", "Dockerfile"}
NOT_OURS = {"node_modules", "build", "__pycache__", "corpus", "pictures"}

REFERENCE = re.compile(r"\b([a-z][a-z0-9-]*)(?:\.md)?#([a-z][a-z0-9-]*)")
# Numbers of documents that a reader of this repository does not have.
NUMBERED = re.compile(
    r"\b(?:[Ww]ire|[Ss]afety|[Ff]ield|[Dd]esign|[Pp]erf|anchors|layout|ux) [a-dA-Z]?[0-9]|\bINC-[0-9]"
    r"|\b[BFHPRSW][0-9]{1,3}\b"
)
NUMBERED_TEST = re.compile(r"\bdef test_(?:[a-z][0-9]+_)")
NOQA = re.compile(r"# noqa\b.*|# type: ignore\b.*")
VITAMIN = "B12"


def _files() -> Iterator[Path]:
    """The files of the project that people write."""
    folders = [ROOT]
    while folders:
        for path in sorted(folders.pop().iterdir()):
            if path.name.startswith(".") or path.name in NOT_OURS:
                continue
            if path.is_dir():
                folders.append(path)
            elif path.suffix in SUFFIXES or path.name in NAMES:
                yield path


def _notes(path: Path, about: re.Pattern[str]) -> str:
    """The comments and docstrings of Python, the comments of TOML; anything else whole. Empty where none is `about`."""
    text = path.read_text(encoding="utf-8")
    if not about.search(text):
        return ""  # taking Python apart is slow, and every worker of a run does it to have the tests' names
    if path.suffix == ".toml":
        return "\n".join(line.partition("#")[2] for line in text.splitlines())
    if path.suffix != ".py":
        return text
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    comments = (token.string for token in tokens if token.type == tokenize.COMMENT or token.string.startswith('"""'))
    return "\n".join(NOQA.sub("", comment) for comment in comments)


def _sections(page: str) -> dict[str, str]:
    """The text of each section of a page, by its heading in small letters with dashes for spaces."""
    _, *parts = re.split(r"^## ", PAGES[page], flags=re.MULTILINE)
    headed = (part.partition("\n") for part in parts)
    return {re.sub(r"[^a-z0-9 -]", "", heading.lower()).replace(" ", "-"): text for heading, _, text in headed}


def _notes_about(about: re.Pattern[str]) -> dict[str, str]:
    return {path.relative_to(ROOT).as_posix(): _notes(path, about) for path in _files()}


REFERENCES = sorted(
    {
        (file, page, section)
        for file, text in _notes_about(REFERENCE).items()
        for page, section in REFERENCE.findall(text)
        if page in PAGES or file.endswith(".py")
    }
)
SECTIONS = [(page, section) for page in PAGES for section in _sections(page)]


def test_references_are_found() -> None:
    assert len(REFERENCES) > 100
    assert len(SECTIONS) > 60


@pytest.mark.parametrize(("page", "section"), sorted({(page, section) for _, page, section in REFERENCES}))
def test_a_reference_leads_to_a_section(page: str, section: str) -> None:
    assert section in _sections(page), [file for file, *named in REFERENCES if named == [page, section]]


@pytest.mark.parametrize(("page", "section"), SECTIONS)
def test_a_section_has_a_source_and_is_referred_to(page: str, section: str) -> None:
    *_, source = _sections(page)[section].strip().split("\n\n")
    assert source.startswith("Source: ")
    assert source.endswith(".")
    users = [file for file, *named in REFERENCES if named == [page, section] and not file.startswith("docs/reference/")]
    assert users


@pytest.mark.parametrize("page", PAGES)
def test_a_page_is_in_the_contents(page: str) -> None:
    assert CONTENTS.count(f"| [{page}.md]({page}.md) |") == 1
    assert len(_sections(page)) == PAGES[page].count("\n## ")


def test_the_contents_have_no_other_pages() -> None:
    assert set(re.findall(r"^\| \[([a-z-]+)\.md\]", CONTENTS, re.MULTILINE)) == set(PAGES)


def test_nothing_is_referred_to_by_a_number_of_a_document_that_is_not_here() -> None:
    numbers = {(file, number) for file, text in _notes_about(NUMBERED).items() for number in NUMBERED.findall(text)}
    assert {(file, number) for file, number in numbers if number != VITAMIN} == set()


def test_no_test_is_called_by_such_a_number() -> None:
    tests = (ROOT / "tests").rglob("*.py")
    assert [path.name for path in tests if NUMBERED_TEST.search(path.read_text(encoding="utf-8"))] == []
