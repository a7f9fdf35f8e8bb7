"""Reports as files: the same columns for a batch, an age band and a channel, so that a spreadsheet can add them up."""

from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal

from booking.staff.reports.costs import spent
from booking.staff.reports.figures import Report
from booking.staff.reports.practice import Batch
from campaigns.results.delivery_routes import Delivery
from patients.lists.downloads import csv_lines

_COUNTS: dict[str, Callable[[Report], int]] = {
    "Patients in the list": lambda report: report.rows,
    "Could not be sent": lambda report: report.cannot,
    "Not invited": lambda report: report.not_invited,
    "Invited": lambda report: report.invited,
    "Booked": lambda report: report.booked,
    "Booked, then cancelled": lambda report: report.cancelled,
    "Declined": lambda report: report.declined,
    "Withdrawn": lambda report: report.withdrawn,
}
"""Counted for every line."""

_OF_WHOLE_BATCHES: dict[str, Callable[[Report], int]] = {
    "Booked by the practice": lambda report: report.elsewhere,
    "No answer": lambda report: report.no_answer,
    "Opened the link": lambda report: report.opened,
    "Came": lambda report: report.attended,
    "Did not come": lambda report: report.missed,
    "Fragments": lambda report: report.fragments,
}
"""Not counted by age and channel: empty there."""

_BATCH = ("Batch", "Sent on", "Month", "Patients")
_DAYS = ("Median days to book", "A quarter within days", "Three quarters within days")
_POUNDS = ("Cost in pounds", "Cost of a booking in pounds")
HEADERS = (*_BATCH, *_COUNTS, *(d.label for d in Delivery), *_OF_WHOLE_BATCHES, *_DAYS, *_POUNDS)


def of_batches(batches: Sequence[Batch], price: Decimal | None) -> Iterator[str]:
    """A line for each batch."""
    return csv_lines(HEADERS, (_whole(batch, price) for batch in batches))


def of_batch(batch: Batch, price: Decimal | None) -> Iterator[str]:
    """A line for a batch, for each of its age bands, and for each channel."""
    return csv_lines(HEADERS, _parts(batch, price))


def _parts(batch: Batch, price: Decimal | None) -> Iterator[list[str]]:
    report = batch.report
    yield _whole(batch, price)
    for band in report.bands:
        yield _part(batch, f"Age {band or 'not known'}", report.of_band(band))
    for delivery in report.deliveries:
        yield _part(batch, str(delivery.label), report.of_delivery(delivery))


def _whole(batch: Batch, price: Decimal | None) -> list[str]:
    report = batch.report
    costs = spent(report, price)
    quarters = report.middle_half or ("", "")
    middle = "" if report.median_days is None else f"{report.median_days:g}"
    known = report.attended + report.missed > 0
    whole = {
        name: "" if name in ("Came", "Did not come") and not known else str(count(report))
        for name, count in _OF_WHOLE_BATCHES.items()
    }
    return [
        *_counts(batch, "All", report),
        *whole.values(),
        middle,
        *(f"{days:g}" if days != "" else "" for days in quarters),
        *("" if amount is None else str(amount) for amount in (costs.pounds, costs.each)),
    ]


def _part(batch: Batch, which: str, report: Report) -> list[str]:
    return [*_counts(batch, which, report), *[""] * len((*_OF_WHOLE_BATCHES, *_DAYS, *_POUNDS))]


def _counts(batch: Batch, which: str, report: Report) -> list[str]:
    reached = report.deliveries
    return [
        str(batch.campaign),
        batch.sent_on.isoformat(),
        batch.month,
        which,
        *(str(count(report)) for count in _COUNTS.values()),
        *(str(reached.get(delivery, 0)) for delivery in Delivery),
    ]
