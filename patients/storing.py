"""Writes the checked rows of a list with COPY, five times as fast as INSERT and without keeping them in memory."""

import json
import uuid
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import cast

from django.db import connection
from psycopg import Cursor
from psycopg.sql import SQL, Identifier

from patients.checks import CheckedRow
from patients.models import PatientList, Recipient, Verdict
from patients.reasons import Reason

_COLUMNS = (
    "id", "practice_id", "patient_list_id", "row_number", "nhs_number", "mobile", "date_of_birth", "given_name",
    "family_name", "verdict", "reasons", "duplicate_of", "original",
)  # fmt: skip


def copy_rows(patient_list: PatientList, rows: Iterable[CheckedRow]) -> Counter[Verdict]:
    """Store the rows of a list, inside the caller's transaction, and count their verdicts.

    What `rows` raises on the way ends the COPY and passes through.
    """
    command = SQL("COPY {} ({}) FROM STDIN").format(
        Identifier(Recipient._meta.db_table), SQL(", ").join([Identifier(column) for column in _COLUMNS])
    )
    practice_id, list_id = str(patient_list.practice_id), str(patient_list.id)
    counts: Counter[Verdict] = Counter()
    with connection.cursor() as cursor, cast(Cursor, cursor).copy(command) as copy:
        for row in rows:
            counts[row.verdict] += 1
            copy.write_row(
                (
                    str(uuid.uuid4()),
                    practice_id,
                    list_id,
                    row.row_number,
                    row.nhs_number,
                    row.mobile,
                    row.date_of_birth,
                    row.given_name,
                    row.family_name,
                    row.verdict.value,
                    # PostgreSQL's own writing of an array; the codes hold nothing that it would have to quote.
                    "{" + ",".join(row.reasons) + "}",
                    row.duplicate_of,
                    json.dumps(row.original),
                )
            )
    return counts


def hold_back(patient_list: PatientList, conflicts: Mapping[int, int]) -> Counter[Verdict]:
    """Take rows that clash with a later one out of sending, and count the verdicts that they had until now.

    `conflicts` gives the other row's number by the row's own.
    """
    rows = list(patient_list.recipients.filter(row_number__in=list(conflicts)))
    former = Counter(Verdict(row.verdict) for row in rows)
    for row in rows:
        row.verdict, row.reasons = Verdict.CANNOT, [Reason.CONFLICT]
        row.duplicate_of = conflicts[row.row_number]
    Recipient.objects.bulk_update(rows, ["verdict", "reasons", "duplicate_of"], batch_size=500)
    return former
