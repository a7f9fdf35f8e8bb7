"""Writes the checked rows of a list with COPY, several times as fast as INSERT and without keeping them in memory.

The rows are put together here as COPY's own text (PostgreSQL manual, COPY, "Text Format"), some hundreds at a time:
handing each value to the driver takes twice as much of our time.
"""

import os
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from json.encoder import encode_basestring_ascii as _json_string
from typing import cast

from django.db import connection
from psycopg import Cursor
from psycopg.sql import SQL, Identifier

from patients.checks.checked_row import CheckedRow
from patients.checks.duplicates import Clash
from patients.models import PatientList, Recipient, Verdict

_COLUMNS = (
    "id", "practice_id", "patient_list_id", "row_number", "nhs_number", "mobile", "date_of_birth", "given_name",
    "family_name", "verdict", "reasons", "tidied", "duplicate_of", "original", "asked",
)  # fmt: skip

_ROWS_AT_ONCE = 300
"""About as much as one message to PostgreSQL holds; it stores them while the next ones are checked."""

_UUID_BYTES = 16

_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})
_EMPTY = "\\N"

_VERSION_7 = bytes(byte & 0x0F | 0x70 for byte in range(256))
_VARIANT = bytes(byte & 0x3F | 0x80 for byte in range(256))


def copy_rows(patient_list: PatientList, rows: Iterable[CheckedRow]) -> Counter[Verdict]:
    """Store the rows of a list, inside the caller's transaction, and count their verdicts.

    What `rows` raises on the way passes through; what was copied until then goes with the caller's transaction.
    """
    command = SQL("COPY {} ({}) FROM STDIN").format(
        Identifier(Recipient._meta.db_table), SQL(", ").join([Identifier(column) for column in _COLUMNS])
    )
    line = _line_writer(patient_list)
    counts: Counter[Verdict] = Counter()
    rows = iter(rows)
    with connection.cursor() as cursor:
        # The rows are read from this same connection, which waits for ever for itself while a COPY is open on it.
        while some := list(islice(rows, _ROWS_AT_ONCE)):
            with cast(Cursor, cursor).copy(command) as copy:
                copy.write("".join(map(line, _new_ids(len(some)), some)))
            verdicts = [row.verdict for row in some]
            for verdict in Verdict:
                counts[verdict] += verdicts.count(verdict)
    return counts


def _line_writer(patient_list: PatientList) -> Callable[[str, CheckedRow], str]:
    """What writes a row of this list, with its new id, as a line of COPY's text."""
    owner = f"{patient_list.practice_id}\t{patient_list.id}"

    def line(new_id: str, row: CheckedRow) -> str:
        number, names, cells, nhs_number, mobile, born, given, family, verdict, reasons, tidied, other, _, asked = row
        # Codes and digits hold nothing that would have to be escaped, in an array either.
        return (
            f"{new_id}\t{owner}\t{number}\t{nhs_number}\t{mobile}\t{born or _EMPTY}\t{_escaped(given)}"
            f"\t{_escaped(family)}\t{verdict.value}\t{{{','.join(reasons)}}}\t{{{','.join(tidied)}}}"
            f"\t{_EMPTY if other is None else other}\t{_json(names, cells)}"
            f"\t{_numbers(asked) if asked else '{}'}\n"
        )

    return line


def _numbers(numbers: Sequence[int]) -> str:
    """Numbers as an array in COPY's text."""
    return f"{{{','.join(map(str, numbers))}}}"


def _escaped(text: str) -> str:
    """A text as COPY's text has it."""
    return text if text.isalpha() else text.translate(_ESCAPES)


def _json(names: Sequence[str], cells: Sequence[str]) -> str:
    """The cells that are not empty as a JSON object in COPY's text; names of columns need no quoting.

    JSON in ASCII has no control characters left, so only its backslashes are escaped.
    """
    pairs = [f'"{name}": {_json_string(cell)}' for name, cell in zip(names, cells, strict=True) if cell]
    return f"{{{', '.join(pairs)}}}".replace("\\", "\\\\")


def _new_ids(count: int) -> Iterator[str]:
    """So many UUIDs (RFC 9562, version 7) in hexadecimal, from one draw of the system's randomness.

    They begin with the time, so a list's rows are neighbours in the index of ids, however many lists there are.
    """
    drawn = bytearray(os.urandom(count * _UUID_BYTES))
    for place, byte in enumerate((time.time_ns() // 1_000_000).to_bytes(6, "big")):
        drawn[place::_UUID_BYTES] = bytes([byte]) * count
    drawn[6::_UUID_BYTES] = drawn[6::_UUID_BYTES].translate(_VERSION_7)
    drawn[8::_UUID_BYTES] = drawn[8::_UUID_BYTES].translate(_VARIANT)
    digits = drawn.hex()
    return (digits[start : start + 2 * _UUID_BYTES] for start in range(0, len(digits), 2 * _UUID_BYTES))


_HOLD_BACK = """
    WITH held AS (
        SELECT r.id, r.verdict AS former, clash.other_row, clash.reason
        FROM patients_recipient r
        JOIN unnest(%s::bigint[], %s::bigint[], %s::text[]) AS clash(row_number, other_row, reason) USING (row_number)
        WHERE r.patient_list_id = %s
    )
    UPDATE patients_recipient r
    SET verdict = 'cannot', reasons = ARRAY[held.reason], duplicate_of = held.other_row
    FROM held WHERE r.id = held.id
    RETURNING held.former
"""


def hold_back(patient_list: PatientList, conflicts: Mapping[int, Clash]) -> Counter[Verdict]:
    """Take rows that clash with a later one out of sending, and count the verdicts that they had until now.

    `conflicts` gives the clash by the row's own number.
    """
    if not conflicts:
        return Counter()
    others = [clash.other_row for clash in conflicts.values()]
    reasons = [clash.reason.value for clash in conflicts.values()]
    with connection.cursor() as cursor:
        cursor.execute(_HOLD_BACK, [list(conflicts), others, reasons, patient_list.id])
        return Counter(Verdict(former) for (former,) in cursor)
