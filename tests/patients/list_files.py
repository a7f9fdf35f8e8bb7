"""Patient lists as bytes, and what the reader and the checks make of them."""

import io
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from patients.checks.rows import CheckedRow, ListCheck, Rules
from patients.columns.known import Column
from patients.files.reader import Row, open_table

EMIS, SYSTMONE = "emis", "systmone"
TODAY = date(2026, 6, 15)

SYSTMONE_HEADER = "NHS Number,Telecom Number,Date of Birth"
GOOD = ("9990000018", "07700900123", "09/03/1958")


def read(
    data: bytes, system: str = SYSTMONE, most_bytes: int = 10_000_000, most_rows: int = 100_000
) -> tuple[list[Column], list[Row]]:
    """The columns and rows of a file."""
    with open_table(io.BytesIO(data), system=system, most_bytes=most_bytes, most_rows=most_rows) as table:
        return [match.column for match in table.columns], list(table.rows())


def rules(system: str = SYSTMONE, **changed: Any) -> Rules:
    """The rules of a list checked on `TODAY`; a SystmOne list is not compared with its records."""
    usual = Rules(
        system=system,
        today=TODAY,
        allow_test_numbers=True,
        allow_islands=False,
        text_from_age=16,
        needs_record=system == EMIS,
    )
    return replace(usual, **changed)


def check(data: bytes, system: str = SYSTMONE, *, test_numbers: bool = True) -> tuple[list[CheckedRow], ListCheck]:
    """Every row of a file with its verdict, and the check for its conflicts."""
    columns, rows = read(data, system)
    list_check = ListCheck(rules(system, allow_test_numbers=test_numbers))
    return list(list_check.check(rows, columns)), list_check


def systmone(*rows: Sequence[str], header: str = SYSTMONE_HEADER) -> bytes:
    """A SystmOne list of plain cells."""
    return "\r\n".join([header, *(",".join(row) for row in rows), ""]).encode()


def emis(*numbers: str) -> bytes:
    """An EMIS list."""
    return "\r\n".join(["NHS Number", *numbers, ""]).encode()
