"""A paced batch in words for staff: the choices, each decision and why, and what is expected."""

from collections.abc import Mapping

from django.utils import timezone

from campaigns.models import Campaign, InviteOrder, PacingDecision
from campaigns.pacing.forecast import Course
from campaigns.pacing.known import Care, Reason
from campaigns.sending import inviting_hours
from core.wording import nhs_time, plural

MAY_HAVE_NO_TIME: Mapping[Care, int] = {Care.CAREFUL: 1, Care.BALANCED: 2, Care.QUICK: 5}
"""Of 100 patients who come, how many may find every time gone, with each care. Measured: docs/performance.md."""

_CARE = {
    Care.CAREFUL: ("Careful", "Your clinic fills more slowly."),
    Care.BALANCED: ("Balanced", "Right for most clinics."),
    Care.QUICK: ("Quick", "Your clinic fills sooner."),
}

CARES = [(care.value, label) for care, (label, _) in _CARE.items()]
CARE_HINTS = {
    care.value: f"Of 100 patients who try to book, about {MAY_HAVE_NO_TIME[care]} may find no appointment. {more}"
    for care, (_, more) in _CARE.items()
}

DAY_NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def care_label(care: str) -> str:
    """A care's name."""
    return _CARE[Care(care)][0]


def order_label(order: str) -> str:
    """Whom a batch invites first."""
    return InviteOrder(order).label


def days_label(days: list[int] | None) -> str:
    """The days of the week on which a batch invites."""
    if not days or sorted(days) == [0, 1, 2, 3, 4]:
        return "Monday to Friday"
    if len(days) == 7:
        return "Every day"
    *before, last = [DAY_NAMES[day] for day in sorted(days)]
    return f"{', '.join(before)} and {last}" if before else last


def plan(campaign: Campaign) -> list[str]:
    """What staff have chosen of a paced batch, a line each."""
    first, last = inviting_hours.hours(campaign)
    lines = [
        "As appointments last: a few patients at a time",
        order_label(campaign.invite_order),
        f"{care_label(campaign.care)}: {CARE_HINTS[campaign.care]}",
        f"{days_label(campaign.pace_days)}, {_clock(first)} to {_clock(last)}",
    ]
    if campaign.most_a_day:
        lines.append(f"Up to {plural(campaign.most_a_day, 'patient')} a day")
    return lines


def _clock(hour: int) -> str:
    return nhs_time(timezone.localtime().replace(hour=hour % 24, minute=0, second=0, microsecond=0))


def explain(decision: PacingDecision) -> str:
    """A decision in a sentence: what was known, how many go, and why not more."""
    at = nhs_time(decision.at)
    number = decision.number
    goes = f"{number:,} {'goes' if number == 1 else 'go'}"
    match Reason(decision.reason):
        case Reason.ALL_INVITED:
            return "Everybody on your list has been invited."
        case Reason.NO_TIMES:
            return f"No appointments are free: none go at {at}."
        case Reason.WAITING:
            waiting = plural(decision.waiting, "patient who came before and found none", _MANY)
            return f"{decision.free:,} free, for {waiting}: none go at {at}."
        case Reason.FIRST_DAY:
            so_far = f"{decision.free:,} free: {goes if number else 'no more go'} at {at}."
            return f"{so_far} Until we see how many answer, we invite no more patients than there are appointments."
        case Reason.MOST:
            return f"{_expected(decision)}: {goes if number else 'no more go'} at {at}, as many as you allow in a day."
        case Reason.ENOUGH:
            return f"{_expected(decision)}: none go at {at}, because those may be enough."
        case Reason.GO:
            return f"{_expected(decision)}: {goes} at {at}."


_MANY = "patients who came before and found none"


def _expected(decision: PacingDecision) -> str:
    invitations = plural(decision.open, "open invitation")
    return f"{decision.free:,} free, {invitations}, about {round(decision.will_book):,} more will book"


def expected(course: Course) -> str:
    """One course of a forecast, as part of a sentence."""
    reached = f"{plural(course.reached, 'patient is', 'patients are')} invited"
    if course.days is None:
        return f"{reached}, and {plural(course.left_over, 'appointment is', 'appointments are')} left over"
    return f"{reached}, and every appointment is booked in about {plural(course.days, 'day')}"
