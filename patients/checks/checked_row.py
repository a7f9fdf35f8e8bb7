"""A row of a list once it has been checked."""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from patients.models import Verdict
from patients.reasons import Reason
from patients.values.corrections import Tidied


class CheckedRow(NamedTuple):
    """A row with its verdict; the fields are those of a Recipient. Values that were refused are empty.

    `cells` are the cells of the known columns as they were written, fit for PostgreSQL, and those that staff are asked
    about; `cell_names` the keys of these columns. `compared` are given and family name as rows are compared by them.
    `asked` are the numbers of the questions that the row comes under.
    """

    row_number: int
    cell_names: Sequence[str]
    cells: Sequence[str]
    nhs_number: str = ""
    mobile: str = ""
    date_of_birth: date | None = None
    given_name: str = ""
    family_name: str = ""
    verdict: Verdict = Verdict.CANNOT
    reasons: tuple[Reason, ...] = ()
    tidied: tuple[Tidied, ...] = ()
    duplicate_of: int | None = None
    compared: tuple[str, str] = ("", "")
    asked: tuple[int, ...] = ()

    @property
    def original(self) -> dict[str, str]:
        """The cells that have something in them, by Column value."""
        return {name: cell for name, cell in zip(self.cell_names, self.cells, strict=True) if cell}
