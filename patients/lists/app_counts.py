"""How many of a list's patients have the NHS App, counted by the database however long the list is."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection

from core.database import whole_sets
from patients.models import PatientList

_WITH_APP = """
patients_recipient AS one
LEFT JOIN (
    SELECT unnest(told) AS nhs_number, TRUE AS is_told FROM integrations_appusers WHERE practice_id = %(practice)s
    UNION ALL
    SELECT unnest(untold), FALSE FROM integrations_appusers WHERE practice_id = %(practice)s
) AS app USING (nhs_number)
WHERE one.patient_list_id = %(list)s AND one.verdict = 'can'
"""

_COUNTS = f"""
SELECT count(*) FILTER (WHERE is_told), count(*) FILTER (WHERE NOT is_told), count(*) FILTER (WHERE is_told IS NULL)
FROM {_WITH_APP}
"""  # noqa: S608 - words of ours

_NAMES = f"""
SELECT one.given_name, count(*) FROM {_WITH_APP} AND is_told IS NOT TRUE GROUP BY one.given_name
"""  # noqa: S608 - words of ours


@dataclass(frozen=True, slots=True)
class AppCounts:
    """Of the patients who can be sent to: those with the app and its notifications, without these, and without it.

    Only the first wait for their text: the app counts the others as not reached at once (nhs-notify#statuses).
    """

    told: int
    untold: int
    without: int

    @property
    def texted_at_once(self) -> int:
        """Those who are texted whatever becomes of the message in the app, if there is one."""
        return self.untold + self.without


def app_counts(patient_list: PatientList) -> AppCounts:
    """The counts, by the practice's list of app users as it was last read (`integrations.app_users`)."""
    return AppCounts(*_rows(_COUNTS, patient_list)[0])


def names_texted_at_once(patient_list: PatientList) -> dict[str, int]:
    """How many patients with each given name are texted at once, "" for those without one.

    They can be sent to, and have no app or not its notifications.
    """
    return dict(_rows(_NAMES, patient_list))


def _rows(query: str, patient_list: PatientList) -> Sequence[Any]:
    with whole_sets(), connection.cursor() as cursor:
        cursor.execute(query, {"practice": patient_list.practice_id, "list": patient_list.id})
        rows: Sequence[Any] = cursor.fetchall()
    return rows
