"""Accounts for every row of a file: it is a patient's, has headings, is something else that is shown, or is blank."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from patients.columns.known import readable
from patients.tables import faults

MOST_OTHER_ROWS = 10_000
"""Rows that are no patients which a file may have: they are held in memory, and staff look through them."""

_CELLS_SHOWN = 6
_LONGEST_SHOWN = 200


class OtherKind(StrEnum):
    """Why a row is no patient's."""

    ABOVE = "above"
    HEADINGS = "headings"
    TOTAL = "total"
    OTHER_SHEET = "other_sheet"


@dataclass(frozen=True, slots=True)
class OtherRow:
    """A row with something in it that is no patient: its number, why, and its first filled cells.

    `sheet` is empty unless it is on another sheet than the patients.
    """

    number: int
    kind: OtherKind
    text: str
    sheet: str = ""


@dataclass(frozen=True, slots=True)
class OtherSheet:
    """A sheet beside the one with the patients, with its rows by number, to be read once."""

    name: str
    records: Iterable[tuple[int, list[str]]]


@dataclass(slots=True)
class Account:
    """Counts of the rows that a reader has met. `seen` counts all of them, by itself."""

    seen: int = 0
    patients: int = 0
    headings: int = 0
    blank: int = 0
    others: list[OtherRow] = field(default_factory=list)

    def counted(self, records: Iterable[tuple[int, list[str]]]) -> Iterator[tuple[int, list[str]]]:
        """The same records, each counted when it is taken."""
        for record in records:
            self.seen += 1
            yield record

    def note(self, number: int, kind: OtherKind, cells: Sequence[str], sheet: str = "") -> None:
        """A row that is no patient. Raises FileFault when there are too many to look through."""
        if len(self.others) >= MOST_OTHER_ROWS:
            raise faults.too_many_other_rows(MOST_OTHER_ROWS)
        self.others.append(OtherRow(number, kind, _shown(cells), readable(sheet)))

    def check(self) -> None:
        """Raises FileFault unless every row that was met is accounted for."""
        if self.seen != self.patients + self.headings + self.blank + len(self.others):
            raise faults.rows_not_counted()


def _shown(cells: Sequence[str]) -> str:
    """A row's first filled cells, for staff to know it by."""
    filled = [readable(cell[:_LONGEST_SHOWN]) for cell in cells if cell.strip()]
    text = " · ".join(filled[:_CELLS_SHOWN]) + (" …" if len(filled) > _CELLS_SHOWN else "")
    return text if len(text) <= _LONGEST_SHOWN else text[: _LONGEST_SHOWN - 1] + "…"
