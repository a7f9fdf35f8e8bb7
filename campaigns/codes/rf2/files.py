"""The files of a release, in a folder or still zipped: found by name, checked, and read a line at a time.

However big they are, no more than a line of them is in memory at once.
"""

import re
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO

_LONGEST_LINE = 2**16

Opener = Callable[[], AbstractContextManager[IO[bytes]]]


class NotRf2(Exception):
    """What was given is not a release that can be read, for a reason given as a sentence for administrators."""


@dataclass(frozen=True, slots=True)
class FileKind:
    """One of the kinds of file that a snapshot must have: how it is named, and the columns it begins with."""

    name: str
    pattern: re.Pattern[str]
    columns: tuple[str, ...]


CONCEPTS = FileKind(
    "concept",
    re.compile(r"x?sct2_Concept_Snapshot_[^/]*\.txt"),
    ("id", "effectiveTime", "active", "moduleId", "definitionStatusId"),
)
DESCRIPTIONS = FileKind(
    "description",
    re.compile(r"x?sct2_Description_Snapshot-en[^/]*\.txt"),
    ("id", "effectiveTime", "active", "moduleId", "conceptId", "languageCode", "typeId", "term", "caseSignificanceId"),
)
LANGUAGES = FileKind(
    "language reference set",
    re.compile(r"x?der2_cRefset_\w*Language\w*Snapshot-en[^/]*\.txt"),
    ("id", "effectiveTime", "active", "moduleId", "refsetId", "referencedComponentId", "acceptabilityId"),
)
PARTS = (CONCEPTS, DESCRIPTIONS, LANGUAGES)


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a file: its cells in the order of the part's columns, and where it stands."""

    cells: list[str]
    where: str


@dataclass(frozen=True, slots=True)
class Source:
    """One file of a release."""

    name: str
    part: FileKind
    open: Opener

    def rows(self) -> Iterator[Row]:
        """Its rows below the headings. Raises NotRf2 at the first line that is not one."""
        lines = enumerate(self._lines(), 1)
        number, first = next(lines, (1, b""))
        if tuple(self._cells(first, number)) != self.part.columns:
            raise NotRf2(f"{self.name} does not begin with the columns of an RF2 {self.part.name} file.")
        for number, line in lines:
            yield Row(self._cells(line, number), f"{self.name}, line {number}")

    def _lines(self) -> Iterator[bytes]:
        try:
            with self.open() as stream:
                yield from iter(partial(stream.readline, _LONGEST_LINE), b"")
        except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError):
            raise NotRf2(f"{self.name} cannot be unzipped: the zip is damaged, or locked with a password.") from None

    def _cells(self, line: bytes, number: int) -> list[str]:
        if line and not line.endswith(b"\n"):
            raise NotRf2(f"{self.name}, line {number} has no end: the file is cut short, or not RF2.")
        try:
            cells = line.decode("utf-8-sig" if number == 1 else "utf-8").rstrip("\r\n").split("\t")
        except UnicodeDecodeError:
            raise NotRf2(f"{self.name}, line {number} is not UTF-8.") from None
        if len(cells) != len(self.part.columns) or b"\0" in line:
            raise NotRf2(f"{self.name}, line {number} is not a row of an RF2 {self.part.name} file.")
        return cells


def _opened(file: Path) -> IO[bytes]:
    return file.open("rb")


@contextmanager
def release(path: Path) -> Iterator[list[Source]]:
    """The snapshot's files below a folder or in a zip, of all its packages. Raises NotRf2."""
    with ExitStack() as stack:
        named: list[tuple[str, Opener]]
        if path.is_dir():
            paths = sorted(path.rglob("*.txt"))
            named = [(file.relative_to(path).as_posix(), partial(_opened, file)) for file in paths]
        elif zipfile.is_zipfile(path):
            archive = stack.enter_context(zipfile.ZipFile(path))
            named = [(name, partial(archive.open, name)) for name in sorted(archive.namelist())]
        else:
            raise NotRf2(f"{path} is neither a folder nor a zip. Name the release as it was downloaded.")
        sources = [
            Source(name, part, opened)
            for name, opened in named
            for part in PARTS
            if part.pattern.fullmatch(name.rpartition("/")[2])
        ]
        for part in PARTS:
            if not any(source.part is part for source in sources):
                raise NotRf2(f"{path} holds no {part.name} file of an RF2 snapshot in English.")
        yield sources
