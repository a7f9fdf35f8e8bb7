"""What holds a row back although it is right in itself: facts from elsewhere, read when the whole list is known.

Higher rooms register screens of their own, since only they know who has been invited or booked. All screens of a list
are one statement, which changes the rows whose reasons have changed and no others: a list of 100,000 is screened
in seconds, again and again, and none of it passes through our memory.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.exceptions import EmptyResultSet
from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils import timezone
from psycopg.sql import SQL, Composable, Composed, Identifier

from core.database import whole_sets
from core.hooks import Hook
from integrations.models.outbox import Message
from patients.models import PatientList, Recipient, Verdict
from patients.reasons import Reason


@dataclass(frozen=True, slots=True)
class Screen:
    """One such fact: the reason that it gives, and how to find the rows of a list that it holds for.

    Several screens may give the same reason. What `find` returns is joined to the list in one statement, so it should
    be a plain selection that indexes answer.
    """

    reason: Reason
    find: Callable[[PatientList], QuerySet[Recipient]]


screens: Hook[Screen] = Hook("list screen", "hold rows of a list back, with a reason")


@transaction.atomic
def screen(patient_list: PatientList, *, only: QuerySet[Recipient] | None = None) -> int:
    """Put every screen's reason on the rows that it holds for now, and take it off the others; or on some rows `only`.

    A row that has no reason left can be sent again. A duplicate gets no reason of a screen: the row that it repeats
    has it. Returns how many rows can be sent now and could not before, or the other way round; a list that is not
    ready is left as it is.
    """
    # The lock makes those wait who screen the same list, and the list's state is looked at under it.
    if not PatientList.objects.select_for_update().get(id=patient_list.id).is_ready:
        return 0
    selection, values = _select(patient_list)
    looked_at = patient_list.recipients.all() if only is None else only
    chosen, own = looked_at.order_by().values("id").query.sql_with_params()
    statement = _STATEMENT.format(found=selection, rows=_ROWS, chosen=SQL(chosen))
    with whole_sets(), connection.cursor() as cursor:
        cursor.execute(statement.as_string(None), [*values, *own, *_constants(patient_list)])
        (changed,) = cursor.fetchone()
    return int(changed)


_ROWS = Identifier(Recipient._meta.db_table)

# `found` is one row for each screen and row that it holds for; `chosen`, the rows that may be changed. Constants in the
# order of `_constants`.
_STATEMENT = SQL("""
WITH found (id, reason) AS ({found}),
chosen (id) AS ({chosen}),
held AS (
    SELECT id, array_agg(DISTINCT reason) AS reasons FROM found GROUP BY id
),
wanted AS (
    SELECT one.id, one.verdict, ARRAY(
        SELECT reason FROM (
            SELECT own FROM unnest(one.reasons) AS own WHERE own <> ALL (%s::varchar[])
            UNION ALL
            SELECT unnest(held.reasons)
        ) AS every (reason)
        ORDER BY array_position(%s::varchar[], reason)
    ) AS reasons
    FROM {rows} AS one
    JOIN chosen ON chosen.id = one.id
    LEFT JOIN held ON held.id = one.id AND NOT one.reasons && %s::varchar[]
    WHERE one.patient_list_id = %s AND (held.id IS NOT NULL OR one.reasons && %s::varchar[])
),
changed AS (
    UPDATE {rows} AS one
    SET reasons = wanted.reasons, verdict = CASE WHEN cardinality(wanted.reasons) = 0 THEN %s ELSE %s END
    FROM wanted
    WHERE one.id = wanted.id AND one.reasons <> wanted.reasons
    RETURNING wanted.verdict AS former, one.verdict
)
SELECT count(*) FILTER (WHERE former <> verdict) FROM changed
""")


def _select(patient_list: PatientList) -> tuple[Composed, list[Any]]:
    """The selection of all screens, and its values."""
    parts: list[Composable] = [SQL("SELECT NULL::uuid, NULL::varchar WHERE false")]
    values: list[Any] = []
    for screener in screens:
        try:
            selection, own = screener.find(patient_list).order_by().values("id").query.sql_with_params()
        except EmptyResultSet:  # holds for no row, as is plain without asking
            continue
        parts.append(SQL("SELECT id, %s::varchar FROM ({}) AS these").format(SQL(selection)))
        values += [screener.reason.value, *own]
    return SQL(" UNION ALL ").join(parts), values


def _constants(patient_list: PatientList) -> list[Any]:
    reasons = sorted({screener.reason.value for screener in screens})
    return [
        reasons,
        [reason.value for reason in Reason],
        [Reason.DUPLICATE.value],
        patient_list.id,
        reasons,
        Verdict.CAN.value,
        Verdict.CANNOT.value,
    ]


def _likely_to_fail(patient_list: PatientList) -> QuerySet[Recipient]:
    since = timezone.now() - timedelta(days=settings.LIKELY_TO_FAIL_DAYS)
    failed = Message.objects.to_bad_numbers(patient_list.practice, since)
    return patient_list.recipients.filter(mobile__in=failed.values("to"))


LIKELY_TO_FAIL = Screen(Reason.LIKELY_TO_FAIL, _likely_to_fail)
"""A text of this practice to that mobile has failed for good, and none has arrived since (contact#likely-to-fail)."""
