"""Reports of appointments as bytes."""

import io
from collections.abc import Sequence

from openpyxl import Workbook

HEADINGS = ("NHS Number", "Appointment Date", "Appointment Time", "Slot Type", "Clinician", "Location")


def as_csv(*rows: Sequence[str], headings: Sequence[str] = HEADINGS) -> io.BytesIO:
    """A CSV file; no cell has a comma or a quotation mark."""
    return io.BytesIO("\r\n".join(",".join(row) for row in (headings, *rows)).encode())


def as_workbook(*rows: Sequence[object], headings: Sequence[str] = HEADINGS) -> io.BytesIO:
    """An Excel file."""
    book = Workbook()
    assert book.active is not None
    for row in (headings, *rows):
        book.active.append(list(row))
    file = io.BytesIO()
    book.save(file)
    file.seek(0)
    return file
