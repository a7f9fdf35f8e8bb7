"""The patients of a batch as files for staff: all of them, those without an answer, and those to phone."""

from collections.abc import Callable, Iterator, Mapping

from booking.staff.batch import recipients
from booking.staff.batch.recipients import PatientLine
from campaigns.follow_up import entries as follow_up
from campaigns.models import Campaign
from patients.lists.downloads import PATIENT_HEADERS, csv_lines, patient_cells

_HEADERS = ("Row", *PATIENT_HEADERS, "Message", "Link", "Answer", "Codes")

_EXPIRED = (
    "The patient has not answered, and the link has expired.",
    "Phone them and offer them a time, or renew the link on their page.",
)


def everybody(campaign: Campaign) -> Iterator[str]:
    """Every row of the list, with how it stands."""
    return _of(campaign, "")


def not_responded(campaign: Campaign) -> Iterator[str]:
    """The patients who were invited and have neither booked nor declined."""
    return _of(campaign, "no-answer")


def _of(campaign: Campaign, choice: str) -> Iterator[str]:
    lines = recipients.every(campaign, recipients.chosen(campaign, choice))
    return csv_lines(_HEADERS, map(_cells, lines))


def _cells(line: PatientLine) -> list[str]:
    return [
        str(line.recipient.row_number),
        *patient_cells(line.recipient),
        ". ".join(line.texts),
        line.link,
        line.answer,
        ". ".join(line.codes),
    ]


def to_phone(campaign: Campaign) -> Iterator[str]:
    """The patients whom no text and no link reaches any more: all to follow up, and whose link ran out unanswered."""
    return csv_lines(follow_up.HEADERS, _to_phone(campaign))


def _to_phone(campaign: Campaign) -> Iterator[list[str]]:
    listed = set()
    for entry in follow_up.every(follow_up.Batches.of(campaign)):
        listed.add(entry.invitation.id)
        yield follow_up.cells(entry.recipient, entry.happened, entry.to_do)
    for line in recipients.every(campaign, recipients.chosen(campaign, "expired")):
        if line.invitation is not None and line.invitation.id not in listed:
            yield follow_up.cells(line.recipient, *_EXPIRED)


Download = Callable[[Campaign], Iterator[str]]

DOWNLOADS: Mapping[str, Download] = {"all": everybody, "not-responded": not_responded, "to-phone": to_phone}
"""By the names that their addresses and files have."""
