"""Throwing a list away: all of it, and never one whose patients have been invited."""

import pytest
from django.db import IntegrityError, connection

from patients.lists.discarding import discard
from patients.models import PatientList, Recipient
from patients.models.list_contents import ColumnQuestion, OtherKind, OtherRow
from patients.tables.unread_columns import Kind, Topic
from tests.factories import make_invitation, make_list, make_practice, make_staff

pytestmark = pytest.mark.django_db


def test_a_list_goes_with_its_rows_and_no_others() -> None:
    practice = make_practice()
    gone, other = (make_list(practice, make_staff(practice), rows=2) for _ in range(2))
    discard(gone)
    assert list(PatientList.objects.all()) == [other]
    assert set(Recipient.objects.values_list("patient_list", flat=True)) == {other.id}


def test_a_list_whose_patients_have_been_invited_stays() -> None:
    patient_list = make_invitation().recipient.patient_list
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # as they are when a transaction ends
    with pytest.raises(IntegrityError):
        discard(patient_list)


def test_what_else_its_file_said_goes_with_it() -> None:
    practice = make_practice()
    gone = make_list(practice, make_staff(practice))
    OtherRow.objects.create(patient_list=gone, place=0, row_number=1, kind=OtherKind.ABOVE, text="Flu recall")
    ColumnQuestion.objects.create(
        patient_list=gone, number=1, key="unread_3", position=3, topic=Topic.TEXTS, kind=Kind.VALUE, speaks=True, rows=1
    )
    discard(gone)
    assert not OtherRow.objects.exists()
    assert not ColumnQuestion.objects.exists()


def test_what_is_too_much_to_ask_about_is_never_texted() -> None:
    """The database holds it."""
    practice = make_practice()
    with pytest.raises(IntegrityError):
        ColumnQuestion.objects.create(
            patient_list=make_list(practice, make_staff(practice)), number=1, key="unread_3", position=3,
            topic=Topic.TEXTS, kind=Kind.TOO_MANY, speaks=True, rows=1, left_out=False,
        )  # fmt: skip
