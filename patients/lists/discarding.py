"""Throwing a list away: a draft was deleted, or another file took the list's place."""

from django.db import connection, transaction
from psycopg.sql import SQL, Identifier

from patients.models import PatientList, Recipient

_ROWS = SQL("DELETE FROM {} WHERE patient_list_id = %s").format(Identifier(Recipient._meta.db_table)).as_string(None)


@transaction.atomic
def discard(patient_list: PatientList) -> None:
    """Delete a list and its rows. The database refuses, when the transaction ends, if one has been invited.

    The rows go in one statement: Django would fetch all 100,000 first, to look for invitations itself.
    """
    with connection.cursor() as cursor:
        cursor.execute(_ROWS, [patient_list.id])
    patient_list.delete()
