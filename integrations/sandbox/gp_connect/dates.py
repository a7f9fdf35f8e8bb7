"""Dates and times as FHIR writes them, in UK local time."""

import re
from datetime import date, datetime, time, timedelta

from integrations.sandbox.books import LONDON

DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
DATE_TIME = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}[+-]\d{2}:\d{2}")


def day(text: str) -> date | None:
    """A whole date, or None for anything else (a year and month alone, say)."""
    if not DAY.fullmatch(text):
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def moment(text: object) -> datetime | None:
    """A time with its offset, or None for anything else."""
    if not (isinstance(text, str) and DATE_TIME.fullmatch(text)):
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def uk_moment(text: str) -> datetime | None:
    """A time whose offset is the one that UK clocks have then, or None for anything else."""
    parsed = moment(text)
    if parsed is None or parsed.utcoffset() != parsed.astimezone(LONDON).utcoffset():
        return None
    return parsed


def midnight_before(on: date) -> float:
    """When a day begins in the UK, in seconds since 1970."""
    return datetime.combine(on, time(), LONDON).timestamp()


def midnight_after(on: date) -> float:
    """When a day ends in the UK, in seconds since 1970."""
    return midnight_before(on + timedelta(days=1))
