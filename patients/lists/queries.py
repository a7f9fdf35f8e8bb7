"""What pages ask about a patient list."""

from collections.abc import Collection
from dataclasses import dataclass
from operator import attrgetter
from uuid import UUID

from django.db.models import Count, F, Func, Q, Sum
from django.db.models.functions import Length
from django.utils import timezone

from integrations.clinical.registry import profile_of
from integrations.messaging.text import in_plain_letters
from patients.models import ListState, PatientList, Recipient, Verdict
from patients.reasons import IN_DOUBT, NOTHING_TO_DO, Reason, explain
from patients.values.corrections import NAMELESS, OF_THE_RECORD, TIDYING, Tidied

_NOT_LATIN = r"[^\u0001-\u024F\u02BB-\u02BF\u1E00-\u1EFF\u2019]"


@dataclass(frozen=True, slots=True)
class VerdictCounts:
    """Rows of a list by verdict."""

    can: int
    cannot: int
    pending: int

    @property
    def total(self) -> int:
        """How many rows the list has, whatever their verdict."""
        return self.can + self.cannot + self.pending


@dataclass(frozen=True, slots=True)
class ReasonCount:
    """How many rows cannot be sent for a reason. A row with two reasons counts under both."""

    reason: Reason
    title: str
    count: int


@dataclass(frozen=True, slots=True)
class TidiedCount:
    """How many rows were read otherwise than they were written, in one way."""

    tidied: Tidied
    words: str
    count: int


@dataclass(frozen=True, slots=True)
class NamelessCount:
    """How many patients get texts without their name, for one reason; an empty code where no name is known."""

    code: str
    words: str
    count: int


@dataclass(frozen=True, slots=True)
class PlainName:
    """A given name, the plain letters that texts write it in where that is cheaper, and how many patients have it."""

    own: str
    plain: str
    count: int


@dataclass(frozen=True, slots=True)
class SharedMobiles:
    """Mobile numbers that two patients or more of a list can be sent a text on, and those patients."""

    mobiles: int
    patients: int


def verdict_counts(patient_list: PatientList) -> VerdictCounts:
    """Rows of a list by verdict; they add up to its row count."""
    counts = patient_list.recipients.aggregate(
        cannot=Count("id", filter=Q(verdict=Verdict.CANNOT)),
        pending=Count("id", filter=Q(verdict=Verdict.PENDING)),
        can=Count("id", filter=Q(verdict=Verdict.CAN)),
    )
    return VerdictCounts(**counts)


def given_names(patient_list: PatientList) -> dict[str, int]:
    """How many patients of a list who can be sent a text have each given name; "" for those without one."""
    names = patient_list.recipients.can().order_by().values_list("given_name").annotate(patients=Count("id"))
    return dict(names)


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
    system = patient_list.get_system_display()
    return [ReasonCount(Reason(code), explain(code, system=system).title, count) for code, count in rows]


def tidied_counts(patient_list: PatientList) -> list[TidiedCount]:
    """What was read otherwise than it was written, the most frequent first; but for names left out of texts."""
    rows = (
        patient_list.recipients.exclude(tidied=[])
        .annotate(change=Func(F("tidied"), function="unnest"))
        .values("change")
        .annotate(rows=Count("id"))
        .order_by("-rows", "change")
        .values_list("change", "rows")
    )
    shown = ((Tidied(code), count) for code, count in rows if code not in {*NAMELESS, *OF_THE_RECORD})
    return [TidiedCount(code, TIDYING[code], count) for code, count in shown]


def record_differences(patient_list: PatientList) -> list[TidiedCount]:
    """In what rows that can be sent are not as their records, and how many are so."""
    rows = patient_list.recipients.can()
    counts = ((code, rows.filter(tidied__contains=[code]).count()) for code in Tidied if code in OF_THE_RECORD)
    return [TidiedCount(code, TIDYING[code], count) for code, count in counts if count]


def nameless_counts(patient_list: PatientList) -> list[NamelessCount]:
    """Why patients who can be sent a text are greeted without a name, the most frequent first."""
    nameless = patient_list.recipients.can().filter(given_name="").order_by()
    by_code = (
        nameless.annotate(code=Func(F("tidied"), function="unnest")).values_list("code").annotate(rows=Count("id"))
    )
    counted = {Tidied(code): count for code, count in by_code if code in set(NAMELESS)}
    profile = profile_of(patient_list.system)
    where = profile.name if profile.details_from_record else "your file"
    unknown = NamelessCount("", f"There is no first name in {where}", nameless.count() - sum(counted.values()))
    counts = [unknown, *(NamelessCount(code, NAMELESS[code], count) for code, count in counted.items())]
    return sorted(filter(attrgetter("count"), counts), key=attrgetter("count"), reverse=True)


def plain_names(patient_list: PatientList) -> list[PlainName]:
    """The given names that texts may write in plain letters, the most frequent first."""
    lettered = patient_list.recipients.can().filter(tidied__contains=[Tidied.NAME_LETTERS]).order_by()
    names = lettered.values_list("given_name").annotate(patients=Count("id")).order_by("-patients", "given_name")
    return [PlainName(own, in_plain_letters(own), patients) for own, patients in names]


def names_without_plain_letters(patient_list: PatientList) -> dict[str, int]:
    """The given names that are written in other alphabets, and how many patients who can be sent a text have each."""
    foreign = patient_list.recipients.can().filter(given_name__regex=_NOT_LATIN).order_by()
    return dict(foreign.values_list("given_name").annotate(patients=Count("id")))


def shared_mobiles(patient_list: PatientList) -> SharedMobiles:
    """Phones that several patients share. Each of them still gets a link of their own (lists#shared-phones)."""
    shared = (
        patient_list.recipients.can()
        .order_by()
        .values("mobile")
        .annotate(patients=Count("id"))
        .filter(patients__gt=1)
        .aggregate(mobiles=Count("mobile"), people=Sum("patients"))
    )
    return SharedMobiles(shared["mobiles"], shared["people"] or 0)


def _nothing_to_do() -> Q:
    return Q(reasons__overlap=sorted(NOTHING_TO_DO)) & ~Q(reasons__overlap=sorted(IN_DOUBT))


def to_contact(patient_list: PatientList) -> int:
    """How many rows cannot be sent and leave somebody to be contacted in another way."""
    return patient_list.recipients.cannot().exclude(_nothing_to_do()).count()


def to_contact_of(list_ids: Collection[UUID]) -> dict[UUID, int]:
    """The same of many lists, in one query; those without any are left out."""
    rows = Recipient.objects.filter(patient_list__in=list_ids).cannot().exclude(_nothing_to_do())
    return dict(rows.order_by().values_list("patient_list").annotate(rows=Count("id")))


def progress(patient_list: PatientList) -> tuple[int, int]:
    """Rows with a verdict, and all rows."""
    return patient_list.row_count - patient_list.recipients.pending().count(), patient_list.row_count


def longest_name(patient_list: PatientList) -> str:
    """The longest given name among the rows that can be sent; empty when there are no names.

    A text is measured with it, so that nobody's text turns out longer than staff were shown.
    """
    row = patient_list.recipients.can().order_by(Length("given_name").desc()).values_list("given_name").first()
    return row[0] if row else ""


def same_file_today(patient_list: PatientList) -> list[PatientList]:
    """Other lists of the same practice that were uploaded today, in London, from a file with the same content.

    The newest is first. A file that was refused became no list, so it is not among them (lists#same-file-again).
    """
    same = PatientList.objects.of_practice(patient_list.practice).uploaded_on(timezone.localdate())
    same = same.filter(content_digest=patient_list.content_digest).exclude(state=ListState.REFUSED)
    return list(same.exclude(id=patient_list.id).select_related("uploaded_by").order_by("-created_at"))
