"""Reads lists from Excel workbooks (.xlsx): finds the one sheet that has patients, and gives its rows."""

import posixpath
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import BinaryIO

from openpyxl.utils.datetime import MAC_EPOCH, WINDOWS_EPOCH

from patients.files.effort import Effort
from patients.files.packages import Package, open_package, report_damage
from patients.files.sheets import TRUE, Cells, SheetRow, read_date_styles, read_rows, read_strings, walk
from patients.tables import faults
from patients.tables.headers import Header, find_header, find_single_cell_header, has_needed, worth
from patients.tables.row_accounting import OtherSheet

_MOST_SHEETS = 200


@dataclass(frozen=True, slots=True)
class _Part:
    """A part of the package that another one refers to: its kind, such as "worksheet", and its name."""

    kind: str
    name: str


@dataclass(slots=True)
class _Contents:
    """What the workbook's main part says: its sheets as (name, reference to a part), and where dates begin."""

    sheets: list[tuple[str, str]] = field(default_factory=list)
    epoch: datetime = WINDOWS_EPOCH


@dataclass(frozen=True, slots=True)
class _Sheet:
    """A sheet with its header, if it has one."""

    name: str
    part: str
    header: Header | None


class SheetTable:
    """The sheet of a workbook that has the patients: its header, None when there is none, and its records."""

    damage = None
    has_places = True

    def __init__(self, package: Package, effort: Effort, *, system: str) -> None:
        """Find the sheet. Raises FileFault."""
        self._package, self._effort = package, effort
        with report_damage():
            main = self._main_part()
            related = self._related(main)
            contents = self._contents(main)
            self._cells = self._read_cells(related, contents.epoch)
            sheets = self._sheets(related, contents)
            self._sheet = self._choose(sheets, system)
        self._others = [(name, part) for name, part in sheets if part != self._sheet.part]
        self.header, self.name = self._sheet.header, self._sheet.name

    def elsewhere(self) -> Iterator[OtherSheet]:
        """The workbook's sheets that are not read as the list, each with its rows and their numbers."""
        for name, part in self._others:
            yield OtherSheet(name, self._numbered(part))

    def records(self) -> Iterator[tuple[int, list[str]]]:
        """Every row with its number in the sheet. Raises FileFault.

        A filled row below the header that is hidden is refused: whoever looks at the sheet does not know of it.
        """
        first = self.header.row + 1 if self.header else 1
        for number, cells, hidden in self._rows(self._sheet.part):
            if hidden and number >= first and any(map(str.strip, cells)):
                raise faults.hidden_row(number)
            yield number, cells

    def _rows(self, part: str) -> Iterator[SheetRow]:
        with report_damage():
            yield from read_rows(self._package.pieces(part), self._cells, self._effort)

    def _main_part(self) -> str:
        """The name of the part that lists the sheets."""
        for part in self._related("").values():
            if part.kind == "officeDocument" and part.name in self._package.names:
                return part.name
        raise faults.damaged_workbook()

    def _related(self, name: str) -> dict[str, _Part]:
        """What a part refers to, by reference; the whole package's references stand with the empty name."""
        folder, base = posixpath.split(name)
        parts: dict[str, _Part] = {}

        def start(element: str, attributes: dict[str, str]) -> None:
            if element == "Relationship" and attributes.get("TargetMode") != "External":
                target = posixpath.normpath(posixpath.join("/", folder, attributes["Target"])).lstrip("/")
                parts[attributes["Id"]] = _Part(attributes["Type"].rpartition("/")[2], target)

        for _ in walk(self._package.pieces(posixpath.join(folder, "_rels", f"{base}.rels")), self._effort, start=start):
            pass
        return parts

    def _contents(self, main: str) -> _Contents:
        contents = _Contents()

        def start(element: str, attributes: dict[str, str]) -> None:
            if element == "sheet":
                reference = next((value for key, value in attributes.items() if key.endswith(":id")), "")
                contents.sheets.append((attributes.get("name", ""), reference))
                if len(contents.sheets) > _MOST_SHEETS:
                    raise faults.unpacked_too_big()
            elif element == "workbookPr" and attributes.get("date1904") in TRUE:
                contents.epoch = MAC_EPOCH

        for _ in walk(self._package.pieces(main), self._effort, start=start):
            pass
        return contents

    def _read_cells(self, related: dict[str, _Part], epoch: datetime) -> Cells:
        """What all sheets share: their strings and styles."""
        by_kind = {part.kind: part.name for part in related.values() if part.name in self._package.names}
        pieces, effort = self._package.pieces, self._effort
        strings = read_strings(pieces(by_kind["sharedStrings"]), effort) if "sharedStrings" in by_kind else []
        dates = read_date_styles(pieces(by_kind["styles"]), effort) if "styles" in by_kind else frozenset[str]()
        return Cells(strings, dates, epoch)

    def _sheets(self, related: dict[str, _Part], contents: _Contents) -> list[tuple[str, str]]:
        """The sheets that have cells, as (name, part); charts are sheets too, and have none."""
        parts = [(name, related[reference]) for name, reference in contents.sheets if reference in related]
        sheets = [(name, part.name) for name, part in parts if part.kind == "worksheet"]
        if len({part for _, part in sheets}) != len(sheets):
            raise faults.damaged_workbook()
        return sheets

    def _choose(self, sheets: list[tuple[str, str]], system: str) -> _Sheet:
        """The sheet with the patients. Raises FileFault when there are two, or when no sheet has anything."""
        read = [_Sheet(name, part, find_header(self._numbered(part), system)) for name, part in sheets]
        whole = [sheet for sheet in read if has_needed(sheet.header, system)]
        if len(whole) > 1:
            filled = [sheet for sheet in whole if self._has_rows(sheet)]
            if len(filled) > 1:
                raise faults.several_sheets([sheet.name for sheet in filled])
            return (filled or whole)[0]
        if not whole:
            for _, part in sheets:
                if row := find_single_cell_header(self._numbered(part), system):
                    raise faults.row_in_single_cell(row)
        known = [(worth(sheet.header, system), sheet) for sheet in read if sheet.header is not None]
        if known:
            return max(known, key=lambda pair: pair[0])[1]
        if not any(any(map(str.strip, cells)) for _, part in sheets for _, cells in self._numbered(part)):
            raise faults.empty()
        return read[0]

    def _numbered(self, part: str) -> Iterator[tuple[int, list[str]]]:
        return ((row.number, row.cells) for row in self._rows(part))

    def _has_rows(self, sheet: _Sheet) -> bool:
        """Is there anything below the header?"""
        first = sheet.header.row + 1 if sheet.header else 1
        return any(number >= first and any(map(str.strip, cells)) for number, cells in self._numbered(sheet.part))


@contextmanager
def open_workbook(file: BinaryIO, effort: Effort, *, system: str, most_unpacked: int) -> Iterator[SheetTable]:
    """Open a workbook at the sheet that has the patients; the file stays open. Raises FileFault.

    `effort` is what all that is read of it may cost.
    """
    with open_package(file, most_unpacked=most_unpacked) as package:
        yield SheetTable(package, effort, system=system)
