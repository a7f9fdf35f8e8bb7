"""Makes Excel workbooks: by openpyxl, and part by part."""

import io
import zipfile
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

from openpyxl import Workbook

PLAIN = Path(__file__).parent / "corpus" / "workbook.xlsx"

Cell = str | int | float | date | None


def workbook(*sheets: Sequence[Sequence[Cell]]) -> bytes:
    """A workbook with these sheets of rows, saved by openpyxl."""
    book = Workbook(write_only=True)
    for number, rows in enumerate(sheets, 1):
        sheet = book.create_sheet(f"List {number}")
        for row in rows:
            sheet.append(row)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def parts_of(data: bytes) -> dict[str, bytes]:
    """The parts of a workbook by name."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def packed(parts: Mapping[str, bytes]) -> bytes:
    """Parts in a zip."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return file.getvalue()


def with_sheet(content: bytes) -> bytes:
    """A workbook with a single sheet of this XML."""
    return packed(parts_of(PLAIN.read_bytes()) | {"xl/worksheets/sheet1.xml": content})
