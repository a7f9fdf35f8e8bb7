"""What can be wrong with a whole file: each fault's words, with the remedy."""

from collections.abc import Sequence
from enum import StrEnum


class FileFaultCode(StrEnum):
    """Why a whole file is refused; each has its sentence for staff below."""

    EMPTY = "empty"
    TOO_BIG = "too_big"
    UNPACKED_TOO_BIG = "unpacked_too_big"
    TAKES_TOO_LONG = "takes_too_long"
    PASSWORD = "password"  # noqa: S105 - the name of a fault, not a secret
    OLD_WORKBOOK = "old_workbook"
    OTHER_WORKBOOK = "other_workbook"
    DAMAGED_WORKBOOK = "damaged_workbook"
    SEVERAL_SHEETS = "several_sheets"
    HIDDEN_ROW = "hidden_row"
    NOT_A_TABLE = "not_a_table"
    UNREADABLE = "unreadable"
    NO_HEADER = "no_header"
    OTHER_HEADER = "other_header"
    ROWS_ABOVE = "rows_above"
    ROW_IN_ONE_CELL = "row_in_one_cell"
    TOO_MANY_COLUMNS = "too_many_columns"
    TOO_MANY_OTHER_ROWS = "too_many_other_rows"
    TOO_MANY_QUESTIONS = "too_many_questions"
    ROWS_NOT_COUNTED = "rows_not_counted"
    MISSING_COLUMN = "missing_column"
    COLUMN_TWICE = "column_twice"
    NO_PATIENTS = "no_patients"
    TOO_MANY_ROWS = "too_many_rows"
    UNCLOSED_QUOTE = "unclosed_quote"
    STRAY_QUOTE = "stray_quote"
    CELL_TOO_LONG = "cell_too_long"
    BROKEN = "broken"


class FileFault(Exception):
    """The file cannot be taken, and nothing of it was. `message` is for staff: what is wrong and what to do.

    The message names columns, sheets and row numbers only; what stands in the cells is never in it.
    """

    def __init__(self, code: FileFaultCode, message: str) -> None:
        """Keep both; the code alone is what a log shows."""
        super().__init__(code.value)
        self.code = code
        self.message = message


_MUST_BE = "The selected file must be a CSV or Excel (.xlsx) file"
_LONGEST_SHEET_NAME = 31
"""Characters; Excel allows no more."""

_MOST_SHEETS_NAMED = 5


def empty() -> FileFault:
    """There is nothing in the file."""
    return FileFault(FileFaultCode.EMPTY, "The selected file is empty. Export the list again and choose the new file.")


def too_big(most_bytes: int) -> FileFault:
    """The file has more bytes than the limit."""
    return FileFault(
        FileFaultCode.TOO_BIG,
        f"The selected file must be smaller than {_size(most_bytes)}. Delete the columns you do not need or split the "
        "list into two files.",
    )


def unpacked_too_big() -> FileFault:
    """A workbook is packed; unpacked, this one is larger than any list: a mistake, or made to do harm."""
    return FileFault(
        FileFaultCode.UNPACKED_TOO_BIG,
        "The selected workbook is too big once it is unpacked. Copy the list to a new workbook without pictures and "
        "other sheets, save it as CSV UTF-8 and upload that file.",
    )


def takes_too_long() -> FileFault:
    """Reading it takes longer than any list does: cells that are very long, or far more of them than patients need."""
    return FileFault(
        FileFaultCode.TAKES_TOO_LONG,
        "The selected file takes too long to read. Copy the columns that you need to a new workbook, save it as CSV "
        "UTF-8 and upload that file. If it is a long list, split it into two files.",
    )


def password() -> FileFault:
    """A workbook that opens with a password only."""
    return FileFault(
        FileFaultCode.PASSWORD,
        f"{_MUST_BE} without a password, and this one is locked with a password. Open it, remove the password, save it "
        "and upload it again.",
    )


def old_workbook() -> FileFault:
    """A workbook as Excel saved it before 2007."""
    return FileFault(
        FileFaultCode.OLD_WORKBOOK,
        f"{_MUST_BE}, and this is an old Excel (.xls) workbook. Open it in Excel, choose Save As and then CSV UTF-8, "
        "and upload the new file.",
    )


def other_workbook(kind: str) -> FileFault:
    """A workbook of another spreadsheet program, such as "an OpenDocument spreadsheet"."""
    return FileFault(
        FileFaultCode.OTHER_WORKBOOK,
        f"{_MUST_BE}, and this is {kind}. Open it in your spreadsheet program, choose Save As and then CSV UTF-8, and "
        "upload the new file.",
    )


def damaged_workbook() -> FileFault:
    """A zip or a workbook whose parts cannot be read or contradict each other."""
    return FileFault(
        FileFaultCode.DAMAGED_WORKBOOK,
        f"{_MUST_BE}, and this one is damaged. Open it in Excel, choose Save As and then CSV UTF-8, and upload the new "
        "file. If Excel cannot open it, export the list again.",
    )


def several_sheets(names: Sequence[str]) -> FileFault:
    """More than one sheet has a list of patients, and we do not choose between them."""
    shown = _join([_sheet(name) for name in names[:_MOST_SHEETS_NAMED]])
    return FileFault(
        FileFaultCode.SEVERAL_SHEETS,
        f"The selected workbook has patients on more than one sheet: {shown}. Delete "
        "the sheets you do not want to use, save the workbook and upload it again.",
    )


def other_sheet(name: str, row: int, read: str) -> FileFault:
    """A row on another sheet than the one that is read looks like a patient."""
    return FileFault(
        FileFaultCode.SEVERAL_SHEETS,
        f"The selected workbook has patients on more than one sheet: we would read {_sheet(read)}, and row {row} of "
        f"{_sheet(name)} looks like a patient. Put all patients on one sheet, below one row of headings, or delete the "
        "sheets you do not want to use. Then upload the workbook again.",
    )


def hidden_row(row: int) -> FileFault:
    """A row that staff cannot see, so that they would text someone they may not mean to."""
    return FileFault(
        FileFaultCode.HIDDEN_ROW,
        f"Row {row} of the workbook is hidden, perhaps by a filter, so you cannot see everyone on the list. Show all "
        "rows, delete the patients you do not want to text, and upload the workbook again.",
    )


def not_a_table(kind: str = "") -> FileFault:
    """Content of some other kind, such as "a PDF"."""
    what = f"this is {kind}" if kind else "this is a file of another kind"
    return FileFault(
        FileFaultCode.NOT_A_TABLE, f"{_MUST_BE}, and {what}. Export the list from your clinical system as a CSV."
    )


def unreadable() -> FileFault:
    """The bytes are text in no way that we know."""
    return FileFault(
        FileFaultCode.UNREADABLE,
        "We cannot read the letters in the selected file. Save it again as CSV UTF-8 and upload the new file.",
    )


def no_header(needed: Sequence[str]) -> FileFault:
    """None of the columns that we know."""
    return FileFault(
        FileFaultCode.NO_HEADER,
        f"We could not find a row of headings. The first row of the file must name its columns: {_join(needed)}.",
    )


def other_header(row: int, missing: Sequence[str]) -> FileFault:
    """Further down the columns get headings again, and among them a needed one is missing."""
    return FileFault(
        FileFaultCode.OTHER_HEADER,
        f"Row {row} has headings again, without {_join(missing)}. Two lists may have been joined. Upload each list by "
        "itself, or give the second one the same columns as the first.",
    )


def rows_above(rows: Sequence[int], header: int) -> FileFault:
    """Above the headings there are rows that look like patients, so nobody would text or count them."""
    noun, verb = ("Row", "looks like a patient") if len(rows) == 1 else ("Rows", "look like patients")
    them = "it" if len(rows) == 1 else "them"
    return FileFault(
        FileFaultCode.ROWS_ABOVE,
        f"{noun} {_join(list(map(str, rows)))} {verb}, above the headings in row {header}. Move {them} below the "
        f"headings, into the same columns, or delete {them}. Then upload the file again.",
    )


def row_in_single_cell(row: int) -> FileFault:
    """Each row was put into one cell, between quotation marks, when the file was saved."""
    return FileFault(
        FileFaultCode.ROW_IN_ONE_CELL,
        f"All of row {row} is in one cell, as if it had a single column. Upload the file as your clinical system "
        "exported it. If you no longer have it, open this one in Excel, select column A, choose Data, then Text to "
        "Columns, Delimited and Comma. Save it as CSV UTF-8 and upload the new file.",
    )


def too_many_columns(most: int) -> FileFault:
    """More columns than any list of patients has."""
    return FileFault(
        FileFaultCode.TOO_MANY_COLUMNS,
        f"The selected file must have no more than {most:,} columns. Delete the columns you do not need and upload it "
        "again.",
    )


def too_many_questions(most: int) -> FileFault:
    """More that staff would have to explain than anybody can."""
    return FileFault(
        FileFaultCode.TOO_MANY_QUESTIONS,
        f"The columns of the selected file say more than {most:,} different things about whom not to text, and we "
        "cannot be sure of them. Delete these patients and the columns you do not need, and upload the file again.",
    )


def too_many_other_rows(most: int) -> FileFault:
    """More rows that are no patients than anybody would look through."""
    return FileFault(
        FileFaultCode.TOO_MANY_OTHER_ROWS,
        f"The selected file has more than {most:,} rows that are not about a patient, such as totals and headings. "
        "Delete them and upload the file again.",
    )


def rows_not_counted() -> FileFault:
    """The rows that were read are not all the rows of the file: a mistake of ours, and nobody may be left out by it."""
    return FileFault(
        FileFaultCode.ROWS_NOT_COUNTED,
        "We could not account for every row of the selected file, so we did not use it. Copy the list to a new file "
        "with one row of headings, and upload that. Tell the people who look after Selfbook.",
    )


def missing_column(missing: Sequence[str], recognised: Sequence[str]) -> FileFault:
    """Some needed columns are not there; `found` are the headings that we did recognise."""
    noun = "a column" if len(missing) == 1 else "columns"
    return FileFault(
        FileFaultCode.MISSING_COLUMN,
        f"The selected file must have {noun} called {_join(missing)}. We found {_join(recognised)}. "
        "Add what is missing and upload the file again.",
    )


def column_twice(name: str, headers: Sequence[str]) -> FileFault:
    """Two columns could be the same one, and we do not choose between them."""
    return FileFault(
        FileFaultCode.COLUMN_TWICE,
        f"The selected file has more than one {name} column: {_join(headers)}. Delete the one you do not want to use "
        "and upload the file again.",
    )


def no_patients() -> FileFault:
    """Headings and nothing under them."""
    return FileFault(
        FileFaultCode.NO_PATIENTS,
        "The selected file has headings but no patients. Run the report again and check that it finds patients.",
    )


def too_many_rows(most_rows: int) -> FileFault:
    """More patients than the limit."""
    return FileFault(
        FileFaultCode.TOO_MANY_ROWS,
        f"The selected file must have no more than {most_rows:,} patients. Split the list into smaller files.",
    )


def unclosed_quote(row: int) -> FileFault:
    """A quotation mark opens a cell that never ends."""
    return FileFault(
        FileFaultCode.UNCLOSED_QUOTE,
        f"There is a quotation mark in row {row} that is never closed, so we cannot tell where its cell ends. "
        "Delete it or export the list again.",
    )


def stray_quote(row: int) -> FileFault:
    """A quoted cell goes on after its closing quotation mark."""
    return FileFault(
        FileFaultCode.STRAY_QUOTE,
        f"There is a quotation mark in the wrong place in row {row}, so we cannot tell where its cells end. "
        "Delete it or export the list again.",
    )


def cell_too_long(row: int) -> FileFault:
    """A cell of more characters than any table of patients has."""
    return FileFault(
        FileFaultCode.CELL_TOO_LONG,
        f"A cell in row {row} is far too long. There may be a quotation mark in it that is never closed. "
        "Correct it or export the list again.",
    )


def broken() -> FileFault:
    """The check of the file breaks, and we cannot tell why."""
    return FileFault(
        FileFaultCode.BROKEN,
        "We could not check the selected file. Export the list again and choose the new file. If that does not help, "
        "tell the people who look after Selfbook.",
    )


def _size(size: int) -> str:
    """Bytes as staff read them: 10MB, 500KB."""
    megabytes, kilobytes = size / 2**20, size / 2**10
    return f"{megabytes:g}MB" if megabytes >= 1 else f"{kilobytes:g}KB"


def _sheet(name: str) -> str:
    """A sheet's name in quotation marks, printable and with an end."""
    visible = "".join(c if c.isprintable() else " " for c in name)
    return f"\N{LEFT DOUBLE QUOTATION MARK}{visible[:_LONGEST_SHEET_NAME]}\N{RIGHT DOUBLE QUOTATION MARK}"


def _join(names: Sequence[str]) -> str:
    """Names in a sentence: a, b and c."""
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))
