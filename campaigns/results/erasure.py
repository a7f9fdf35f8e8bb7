"""When a batch's patients are erased, in words for staff, and what its page still says of them then."""

from datetime import date, timedelta

from campaigns.models import Campaign, FinalFigures
from core.wording import local, nhs_date, plural
from integrations.clinical.registry import profile_of
from patients.reasons import explain
from practices.models import Practice

NO_PATIENTS = "The patients of this batch have been erased. Only its figures are left, and there is no list to see."
"""Why there is nothing to see or to download."""


def erasure_day(campaign: Campaign) -> date | None:
    """The day in London from which a batch that has closed is erased; None while it has not closed."""
    if campaign.closed_at is None:
        return None
    day = local(campaign.closed_at).date() + timedelta(days=campaign.practice.retention_days)
    return max(day, campaign.keep_until + timedelta(days=1)) if campaign.keep_until else day


def promise(practice: Practice) -> str:
    """What becomes of the patients of a batch that has yet to go (retention#closing)."""
    days = plural(practice.retention_days, "day")
    return f"We erase these patients from Selfbook {days} after the batch has closed. Its figures stay."


def sentences(campaign: Campaign) -> list[str]:
    """When the patients of a batch that was sent are erased, and why that is later than usual."""
    day = erasure_day(campaign)
    if day is None:
        days = plural(campaign.practice.retention_days, "day")
        when = "when the last link has run out and the last appointment is over"
        lines = [f"We erase the patients of this batch {days} after it has closed: {when}."]
    else:
        lines = [f"This batch has closed. We erase its patients on or after {nhs_date(day)}. Its figures stay."]
    if campaign.keep_until:
        by = f" by {campaign.keep_by.get_full_name()}" if campaign.keep_by else ""
        lines.append(f"Kept until {nhs_date(campaign.keep_until)}{by}. Why: {campaign.keep_reason}")
    if campaign.patients_erased:
        lines.append(f"{plural(campaign.patients_erased, 'patient has', 'patients have')} been erased already.")
    return lines


def reasons(campaign: Campaign) -> list[tuple[str, int]]:
    """Why rows of an erased batch could not be sent, in words, and how many, the most frequent first."""
    final = FinalFigures.objects.filter(campaign=campaign).first()
    system = profile_of(campaign.patient_list.system).name if campaign.patient_list else ""
    counts = sorted((final.reasons if final else {}).items(), key=lambda pair: (-pair[1], pair[0]))
    return [(explain(code, system=system).title, count) for code, count in counts]
