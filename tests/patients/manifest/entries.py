"""The kinds of entry in the manifest of sample files."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from patients.columns.known import Column
from patients.reasons import Reason
from patients.tables.faults import FileFaultCode
from tests.patients.list_files import SYSTMONE

NHS_ONLY = (Column.NHS_NUMBER,)
NEEDED = (Column.NHS_NUMBER, Column.MOBILE, Column.DATE_OF_BIRTH)
NAMED = (Column.GIVEN_NAME, Column.FAMILY_NAME, *NEEDED)
BREAKDOWN = (
    Column.TITLE, Column.GIVEN_NAME, Column.FAMILY_NAME, Column.DATE_OF_BIRTH, Column.NHS_NUMBER, Column.MOBILE,
)  # fmt: skip

THREE: dict[int, tuple[Reason, ...]] = {2: (), 3: (), 4: ()}
"""Three rows below the header with nothing wrong."""

ACCENTED = {2: ("Zoë", "O\u2019Brien"), 3: ("André", "Muñoz"), 4: ("Siân", "Ap Gwyn")}


@dataclass(frozen=True)
class Read:
    """A file that is read: its columns in order, each row's reasons by its number, and what is no patient.

    `says` is what the file is a case of. `columns` are those below the first headings. `asked` are the headings of the
    columns that staff must answer about. `names` are the given and family names that were read, by row.
    """

    file: str
    says: str
    columns: tuple[Column, ...]
    reasons: Mapping[int, tuple[Reason, ...]]
    other_rows: tuple[int, ...] = ()
    asked: tuple[str, ...] = ()
    names: Mapping[int, tuple[str, str]] = field(default_factory=dict)
    system: str = SYSTMONE


@dataclass(frozen=True)
class Refused:
    """A file that is refused whole, and why."""

    file: str
    says: str
    fault: FileFaultCode
    system: str = SYSTMONE


def good(*rows: int) -> dict[int, tuple[Reason, ...]]:
    """Rows with nothing wrong."""
    return dict.fromkeys(rows, ())
