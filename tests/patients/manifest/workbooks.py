"""Excel workbooks that are read."""

from patients.columns.known import Column
from patients.reasons import Reason
from tests.patients.list_files import EMIS
from tests.patients.manifest.entries import ACCENTED, NAMED, NEEDED, NHS_ONLY, THREE, Read, good

WORKBOOKS: tuple[Read, ...] = (
    Read("workbook.xlsx", "a workbook of text", NEEDED, THREE),
    Read("workbook.csv", "a workbook with the name of a CSV", NAMED, THREE, names=ACCENTED),
    Read("emis-workbook.xlsx", "EMIS in a workbook, with a total", NHS_ONLY, good(2, 3), other_rows=(4,), system=EMIS),
    Read("workbook-numbers.xlsx", "numbers and dates as numbers", NEEDED, THREE),
    Read(
        "workbook-damaged-numbers.xlsx",
        "numbers that lost digits",
        NEEDED,
        {
            2: (
                Reason.NHS_NUMBER_SPREADSHEET,
                Reason.MOBILE_SPREADSHEET,
                Reason.BIRTH_UNREADABLE,
            ),
            3: (
                Reason.NHS_NUMBER_CHARACTERS,
                Reason.MOBILE_CHARACTERS,
                Reason.BIRTH_SERIAL,
            ),
            4: (
                Reason.NHS_NUMBER_LENGTH,
                Reason.BIRTH_UNREADABLE,
            ),
        },
    ),
    Read("workbook-1904.xlsx", "dates that count from 1904", NEEDED, good(2)),
    Read("workbook-inline.xlsx", "text within the sheet", NEEDED, good(2)),
    Read("workbook-rich-text.xlsx", "text in pieces, with how it is pronounced", NEEDED, good(2)),
    Read(
        "workbook-formulas.xlsx",
        "formulas give what they showed; errors are shown",
        NEEDED,
        {
            2: (),
            3: (Reason.NHS_NUMBER_MISSING,),
            4: (
                Reason.NHS_NUMBER_CHARACTERS,
                Reason.MOBILE_CHARACTERS,
            ),
        },
    ),
    Read(
        "workbook-escapes.xlsx",
        "escaped characters",
        (
            Column.PATIENT_NAME,
            Column.NHS_NUMBER,
            Column.MOBILE,
            Column.DATE_OF_BIRTH,
        ),
        good(2, 3),
        names={2: ("Asha", "Patel")},
    ),
    Read(
        "workbook-title-and-total.xlsx",
        "a title above and a total below",
        NEEDED,
        good(*range(5, 8)),
        other_rows=(1, 2, 9, 10),
    ),
    Read("workbook-gaps.xlsx", "rows and columns left out", NEEDED, good(4, 8)),
    Read("workbook-second-sheet.xlsx", "the list is on the second sheet", NEEDED, THREE, (1, 2)),
    Read("workbook-hidden-sheet.xlsx", "the list is on a hidden sheet", NEEDED, THREE, (1, 2)),
    Read("workbook-empty-second-list.xlsx", "two sheets with headings, one with patients", NEEDED, THREE, (1,)),
    Read("workbook-hidden-blank-row.xlsx", "a hidden row with nothing in it", NEEDED, THREE),
    Read("workbook-no-references.xlsx", "rows and cells without their places", NEEDED, THREE),
    Read("workbook-prefixes.xlsx", "elements with prefixes", NEEDED, THREE),
    Read("workbook-strict.xlsx", "the strict variant", NEEDED, THREE),
    Read("workbook-utf-16.xlsx", "UTF-16 inside", NEEDED, THREE),
    Read("workbook-far-right.xlsx", "a filled cell far to the right is a note", NEEDED, good(2, 3)),
    Read("workbook-note-beside.xlsx", "notes beside two rows, one of them about texts", NEEDED, THREE, asked=("",)),
    Read("workbook-notes-sheet.xlsx", "a sheet about the list", NEEDED, good(2, 3), (1, 2, 4)),
    Read(
        "workbook-headings-in-other-order.xlsx",
        "two lists joined whose columns differ in order",
        NEEDED,
        good(2, 3, 4, 6),
        other_rows=(5,),
    ),
    Read("workbook-stored.xlsx", "parts that are not compressed", NEEDED, THREE),
    Read("workbook-much-of-nothing.xlsx", "very many elements that mean nothing", NEEDED, THREE),
)
