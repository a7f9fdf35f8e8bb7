"""The order of a list's own column of priority: numbers from the smallest, words for some of them (pacing#order)."""

from django.db.models import Case, CharField, DecimalField, F, Value, When
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast, Lower, Trim

from patients.columns.known import Column
from patients.models import RecipientQuerySet

WORDS = {"urgent": 0, "very high": 0, "high": 1, "medium": 2, "moderate": 2, "normal": 2, "routine": 3, "low": 3}
"""What people write in place of 1, 2 and 3."""

_NUMBER = r"^[0-9]{1,9}([.][0-9]{1,4})?$"


def by_column(patients: RecipientQuerySet) -> RecipientQuerySet:
    """Rows by their cell in the column; those whose cell is empty or says something else last, as they stand."""
    cell = Lower(Trim(KeyTextTransform(Column.PRIORITY.value, "original"), output_field=CharField()))
    as_number = Cast("priority_cell", DecimalField(max_digits=13, decimal_places=4))
    words = [When(priority_cell=word, then=Value(number)) for word, number in WORDS.items()]
    place = Case(
        When(priority_cell__regex=_NUMBER, then=as_number),
        *words,
        default=None,
        output_field=DecimalField(max_digits=13, decimal_places=4),
    )
    ordered = patients.annotate(priority_cell=cell).annotate(priority_place=place)
    return ordered.order_by(F("priority_place").asc(nulls_last=True), "row_number")
