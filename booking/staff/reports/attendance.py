"""How many came: staff enter it from the clinical system's own report, since the book is not asked about past days.

The counts are of nobody by name, and stay when patients are erased (reports#attendance).
"""

from django import forms
from django.db import transaction

from booking.staff.reports.figures import reports_of
from campaigns.models import BatchTally, Campaign, Measure
from core.wording import plural
from practices.audit import trail as audit
from practices.models import User

_MOST = 1_000_000


class TooMany(Exception):
    """More patients than have an appointment through the batch. Its text is for staff."""

    def __init__(self, booked: int) -> None:
        """So many have one."""
        super().__init__(
            f"{plural(booked, 'patient has', 'patients have')} booked through this batch: "
            "those who came and those who did not cannot be more."
        )


def _count(label: str, example: int) -> forms.IntegerField:
    sentence = f"{label} must be a whole number, like {example}"
    return forms.IntegerField(
        label=label,
        min_value=0,
        max_value=_MOST,
        required=False,
        error_messages=dict.fromkeys(["invalid", "min_value", "max_value"], sentence),
    )


class AttendanceForm(forms.Form):
    """How many came, and how many did not. Both empty: not known."""

    attended = _count("How many came", 12)
    missed = _count("How many did not come", 3)


@transaction.atomic
def enter(campaign: Campaign, *, attended: int, missed: int, by: User) -> None:
    """Store how many of a batch's booked patients came and how many did not; none of either: it is not known.

    Raises TooMany. Entering the same again changes nothing, and what was entered before is replaced.
    """
    locked = Campaign.objects.select_for_update(of=("self",)).get(id=campaign.id)
    booked = reports_of([locked])[locked.id].booked
    if attended + missed > booked:
        raise TooMany(booked)
    before = _entered(locked)
    if before == (attended, missed):
        return
    BatchTally.objects.filter(campaign=locked, measure__in=[Measure.ATTENDED, Measure.MISSED]).delete()
    entered = {Measure.ATTENDED: attended, Measure.MISSED: missed}
    BatchTally.objects.bulk_create(
        BatchTally(campaign=locked, measure=measure, count=count) for measure, count in entered.items() if count
    )
    audit.record(
        "campaign.attendance_entered",
        practice=locked.practice,
        actor=by,
        object_id=locked.id,
        attended=attended,
        missed=missed,
    )


def initial(campaign: Campaign) -> dict[str, int]:
    """What the form begins with: what was entered before, or nothing."""
    attended, missed = _entered(campaign)
    return {"attended": attended, "missed": missed} if attended or missed else {}


def _entered(campaign: Campaign) -> tuple[int, int]:
    rows = BatchTally.objects.filter(campaign=campaign, measure__in=[Measure.ATTENDED, Measure.MISSED])
    counts = dict(rows.values_list("measure", "count"))
    return counts.get(Measure.ATTENDED, 0), counts.get(Measure.MISSED, 0)
