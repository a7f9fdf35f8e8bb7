"""What views ask of a request."""

from datetime import UTC, datetime

from django.http import HttpRequest, QueryDict
from django.utils.dateparse import parse_datetime

_LONGEST_NUMBER = 9
_YEARS = range(2000, 2200)
"""Moments of ours: beyond the ends of the calendar they could not be shown in London time."""


def posted(request: HttpRequest) -> QueryDict | None:
    """What a form is bound to: the answers of a POST, even when there are none, and nothing on any other request."""
    return request.POST if request.method == "POST" else None


def whole_number(value: str) -> int | None:
    """A count that a page of ours holds, in the digits 0 to 9; None for anything else, and for ten digits or more.

    Python refuses to read very long numbers, and PostgreSQL to keep them.
    """
    is_number = value.isascii() and value.isdigit() and len(value) <= _LONGEST_NUMBER
    return int(value) if is_number else None


def moment(value: str) -> datetime | None:
    """An aware moment that a form or session of ours holds, in UTC; None for anything else."""
    try:
        read = parse_datetime(value)
        in_utc = read.astimezone(UTC) if read and read.tzinfo else None
    except (ValueError, OverflowError):
        return None
    return in_utc if in_utc and in_utc.year in _YEARS else None
