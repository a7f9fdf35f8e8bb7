"""Every sample file in `corpus` comes out as `manifest` says. What each is a case of is in `says`.

The files are made up by us, as EMIS, SystmOne, Excel and people leave them; none has a real person in it.
"""

import hashlib
import io
from collections import Counter
from pathlib import Path

import pytest

from patients.checks.rows import ListCheck
from patients.files.reader import glance, open_table
from patients.tables.faults import FileFault, FileFaultCode
from tests.patients.list_files import rules
from tests.patients.manifest import READ, REFUSED
from tests.patients.manifest.entries import Read, Refused

CORPUS = Path(__file__).parents[1] / "corpus"
MOST_BYTES = 10 * 1024 * 1024

SEEN_ONLY_IN_THE_ROWS = {
    FileFaultCode.NO_PATIENTS,
    FileFaultCode.OTHER_HEADER,
    FileFaultCode.ROWS_ABOVE,
    FileFaultCode.ROW_IN_ONE_CELL,
    FileFaultCode.UNCLOSED_QUOTE,
    FileFaultCode.STRAY_QUOTE,
    FileFaultCode.CELL_TOO_LONG,
}
"""Faults that a glance at a text file cannot tell."""


def named(entry: Read | Refused) -> str:
    return f"{entry.file}: {entry.says}"


def test_every_file_has_an_entry_and_every_entry_a_file() -> None:
    entries = Counter([*(entry.file for entry in READ), *(entry.file for entry in REFUSED)])
    assert entries == Counter(path.name for path in CORPUS.iterdir())


@pytest.mark.hazard("H-09.3")
@pytest.mark.parametrize("entry", READ, ids=named)
def test_a_file_is_read_and_every_row_explained(entry: Read) -> None:
    data = (CORPUS / entry.file).read_bytes()
    with open_table(io.BytesIO(data), system=entry.system, most_bytes=MOST_BYTES, most_rows=1000) as table:
        columns = tuple(match.column for match in table.columns)
        check = ListCheck(rules(entry.system))
        checked = {row.row_number: row for row in check.check_table(table)}
        held_back = {number: (clash.reason,) for number, clash in check.conflicts.items()}
        assert columns == entry.columns
        assert {number: row.reasons for number, row in checked.items()} | held_back == dict(entry.reasons)
        assert tuple(row.number for row in table.other_rows) == entry.other_rows
        names = {
            n: (row.given_name, row.family_name) for n, row in checked.items() if row.given_name or row.family_name
        }
        assert names == dict(entry.names)
        assert {q.header: None for q in table.questions.all} == dict.fromkeys(entry.asked)
        assert table.digest == hashlib.sha256(data).hexdigest()
    assert glance(io.BytesIO(data), system=entry.system, most_bytes=MOST_BYTES) == table.digest


@pytest.mark.parametrize("entry", REFUSED, ids=named)
def test_a_file_is_refused_with_the_remedy(entry: Refused) -> None:
    data = (CORPUS / entry.file).read_bytes()
    with (
        pytest.raises(FileFault) as caught,
        open_table(io.BytesIO(data), system=entry.system, most_bytes=MOST_BYTES, most_rows=1000) as table,
    ):
        list(table.rows())
    assert caught.value.code == entry.fault
    assert caught.value.message.endswith(".")
    assert "999000" not in caught.value.message
    if not data.startswith(b"PK") and entry.fault not in SEEN_ONLY_IN_THE_ROWS:
        with pytest.raises(FileFault) as at_a_glance:
            glance(io.BytesIO(data), system=entry.system, most_bytes=MOST_BYTES)
        assert at_a_glance.value.code == entry.fault


def test_files_of_other_kinds_say_what_must_be_chosen() -> None:
    """Whatever their names are (lists#other-kinds-of-file)."""
    for entry in REFUSED:
        if entry.fault in (FileFaultCode.NOT_A_TABLE, FileFaultCode.OLD_WORKBOOK, FileFaultCode.OTHER_WORKBOOK):
            with pytest.raises(FileFault) as caught:
                glance(io.BytesIO((CORPUS / entry.file).read_bytes()), system=entry.system, most_bytes=MOST_BYTES)
            assert "must be a CSV or Excel (.xlsx) file, and this is " in caught.value.message
