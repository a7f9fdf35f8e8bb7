"""The rows of a list as staff look through them: chosen by what became of them, and searched."""

from contextlib import suppress
from dataclasses import dataclass

from django.conf import settings
from django.db.models import Count, Func, Q, TextField, Value
from django.db.models.fields.json import KT
from django.db.models.lookups import Exact

from integrations.messaging.numbers import NotAMobile, parse_mobile
from patients.columns.known import Column
from patients.lists import queries
from patients.models import PatientList, RecipientQuerySet, Verdict
from patients.values.corrections import NAMELESS

CAN, CANNOT, SHARED = "can", "cannot", "shared"
EVERYTHING = ""
_REASON, _TIDIED, _NAMELESS = "reason-", "tidied-", "nameless-"

_ROW_NUMBER_DIGITS = 6
"""No list has rows of more digits; a term of more is part of an NHS number or a mobile."""


@dataclass(frozen=True, slots=True)
class RowGroup:
    """Some of a list's rows, by a name that is safe in an address: what they are in words, and how many."""

    value: str
    words: str
    count: int


@dataclass(frozen=True, slots=True)
class Overview:
    """What there is to say about the rows of a list, counted once."""

    verdicts: queries.VerdictCounts
    reasons: list[queries.ReasonCount]
    tidied: list[queries.TidiedCount]
    differing: list[queries.TidiedCount]
    nameless: list[queries.NamelessCount]
    shared: queries.SharedMobiles
    to_contact: int

    @property
    def choices(self) -> list[RowGroup]:
        """Every way of choosing rows that chooses any; all of them first."""
        counts = self.verdicts
        options = [
            RowGroup(CAN, "Can be sent", counts.can),
            RowGroup(CANNOT, "Cannot be sent", counts.cannot),
            *(
                RowGroup(reason_choice(option.reason), f"Cannot be sent: {option.title}", option.count)
                for option in self.reasons
            ),
            *(
                RowGroup(tidied_choice(option.tidied), f"Tidied: {option.words}", option.count)
                for option in self.tidied
            ),
            *(
                RowGroup(tidied_choice(option.tidied), f"Not as in the record: {option.words}", option.count)
                for option in self.differing
            ),
            *(
                RowGroup(nameless_choice(option.code), f"No name in text: {option.words}", option.count)
                for option in self.nameless
            ),
            RowGroup(SHARED, "Patients who share a phone", self.shared.patients),
        ]
        return [RowGroup(EVERYTHING, "All rows", counts.total), *(option for option in options if option.count)]

    def choice(self, asked: str) -> RowGroup:
        """The choice of this name; all rows when there is none of it."""
        return next((option for option in self.choices if option.value == asked), self.choices[0])


def overview(patient_list: PatientList) -> Overview:
    """Count the rows of a list in every way that its pages show."""
    return Overview(
        verdicts=queries.verdict_counts(patient_list),
        reasons=queries.reason_counts(patient_list),
        tidied=queries.tidied_counts(patient_list),
        differing=queries.record_differences(patient_list),
        nameless=queries.nameless_counts(patient_list),
        shared=queries.shared_mobiles(patient_list),
        to_contact=queries.to_contact(patient_list),
    )


def reason_choice(reason: str) -> str:
    """The name of the rows that cannot be sent for a reason."""
    return _REASON + reason


def tidied_choice(tidied: str) -> str:
    """The name of the rows in which something was read otherwise than it was written."""
    return _TIDIED + tidied


def nameless_choice(code: str) -> str:
    """The name of the rows that can be sent, and whose texts have no name for a reason."""
    return _NAMELESS + code


def chosen(patient_list: PatientList, choice: str) -> RecipientQuerySet:
    """The rows of a choice, in the order of the file."""
    rows: RecipientQuerySet = patient_list.recipients.order_by("row_number")
    if choice in (CAN, CANNOT):
        return rows.filter(verdict=Verdict(choice))
    if choice == SHARED:
        shared = patient_list.recipients.can().order_by().values("mobile").annotate(rows=Count("id")).filter(rows__gt=1)
        return rows.can().filter(mobile__in=shared.values("mobile"))
    if choice.startswith(_REASON):
        return rows.cannot().filter(reasons__contains=[choice.removeprefix(_REASON)])
    if choice.startswith(_NAMELESS):
        nameless, code = rows.can().filter(given_name=""), choice.removeprefix(_NAMELESS)
        return nameless.filter(tidied__contains=[code]) if code else nameless.exclude(tidied__overlap=[*NAMELESS])
    if choice.startswith(_TIDIED):
        return rows.filter(tidied__contains=[choice.removeprefix(_TIDIED)])
    return rows


def matching(rows: RecipientQuerySet, term: str) -> RecipientQuerySet:
    """The rows that a search term finds: a row number, an NHS number or a mobile, or the words of a name.

    Numbers are found as we read them and as they were written, however either is spaced; names by any part of them.
    """
    digits = "".join(c for c in term if c.isascii() and c.isdigit())
    if digits and not any(c.isalpha() for c in term):
        return rows.filter(_of_numbers(term, digits))
    for word in term.split():
        rows = rows.filter(_of_names(word))
    return rows


def _of_numbers(term: str, digits: str) -> Q:
    if len(digits) <= _ROW_NUMBER_DIGITS:
        return Q(row_number=int(digits))
    query = Q(nhs_number=digits)
    with suppress(NotAMobile):
        query |= Q(mobile=parse_mobile(term, allow_test_numbers=settings.ALLOW_TEST_NUMBERS).e164)
    for column in (Column.NHS_NUMBER, Column.MOBILE):
        query |= Q(Exact(_digits_as_written(column), digits))
    return query


def _digits_as_written(column: Column) -> Func:
    """The digits of a cell, without what stands between them."""
    cell = KT(f"original__{column}")
    return Func(cell, Value(r"\D"), Value(""), Value("g"), function="regexp_replace", output_field=TextField())


def _of_names(word: str) -> Q:
    query = Q(given_name__icontains=word) | Q(family_name__icontains=word)
    # A row that could not be read has its name only as it was written.
    for column in (Column.PATIENT_NAME, Column.GIVEN_NAME, Column.FAMILY_NAME):
        query |= Q(**{f"original__{column}__icontains": word})
    return query
