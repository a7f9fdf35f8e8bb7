"""What pages ask about a patient list."""

from dataclasses import dataclass

from django.db.models import Count, F, Func, Q
from django.db.models.functions import Length

from patients.models import PatientList, Verdict
from patients.reasons import EXPLANATIONS, Reason


@dataclass(frozen=True, slots=True)
class VerdictCounts:
    """Rows of a list by verdict."""

    can: int
    cannot: int
    pending: int

    @property
    def total(self) -> int:
        """All rows."""
        return self.can + self.cannot + self.pending


@dataclass(frozen=True, slots=True)
class ReasonCount:
    """How many rows cannot be sent for a reason. A row with two reasons counts under both."""

    reason: Reason
    title: str
    count: int


def verdict_counts(patient_list: PatientList) -> VerdictCounts:
    """Rows of a list by verdict; they add up to its row count."""
    found = patient_list.recipients.aggregate(
        cannot=Count("id", filter=Q(verdict=Verdict.CANNOT)),
        pending=Count("id", filter=Q(verdict=Verdict.PENDING)),
        can=Count("id", filter=Q(verdict=Verdict.CAN)),
    )
    return VerdictCounts(**found)


def reason_counts(patient_list: PatientList) -> list[ReasonCount]:
    """Reasons why rows cannot be sent, the most frequent first."""
    rows = (
        patient_list.recipients.cannot()
        .annotate(reason=Func(F("reasons"), function="unnest"))
        .values("reason")
        .annotate(rows=Count("id"))
        .order_by("-rows", "reason")
        .values_list("reason", "rows")
    )
    return [ReasonCount(Reason(code), EXPLANATIONS[Reason(code)].title, count) for code, count in rows]


def progress(patient_list: PatientList) -> tuple[int, int]:
    """Rows with a verdict, and all rows."""
    return patient_list.row_count - patient_list.recipients.pending().count(), patient_list.row_count


def longest_name(patient_list: PatientList) -> str:
    """The longest given name among the rows that can be sent; empty when there are no names.

    A text is measured with it, so that nobody's text turns out longer than staff were shown.
    """
    row = patient_list.recipients.can().order_by(Length("given_name").desc()).values_list("given_name").first()
    return row[0] if row else ""
