"""How dates, times and numbers are written for people: the NHS content rules, in one place for pages and messages.

The rules are those of the NHS digital service manual (wording#dates-and-times): full month names and no ordinals, a
twelve-hour clock with midday and midnight by name, NHS numbers in three groups. Times are shown in Europe/London,
whatever zone they come in.
"""

from datetime import date, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

import phonenumbers

LONDON = ZoneInfo("Europe/London")
NO_BREAK_SPACE = "\u00a0"


def local(moment: datetime) -> datetime:
    """An aware moment on the clock of Europe/London. Raises ValueError for a naive one, whose zone nobody knows."""
    if moment.tzinfo is None:
        raise ValueError("a time without a zone cannot be shown")
    return moment.astimezone(LONDON)


def nhs_date(day: date, *, weekday: bool = True) -> str:
    """A date in full, such as `Wednesday 6 August 2025`; without its weekday for dates of birth."""
    day = local(day).date() if isinstance(day, datetime) else day
    written = f"{day.day} {day:%B %Y}"
    return f"{day:%A} {written}" if weekday else written


def nhs_time(moment: datetime) -> str:
    """A time of day: `9am`, `5:30pm`, `midday`, `midnight`.

    Once a year an hour comes twice. Its times are told apart: `1:30am (before the clocks go back)`.
    """
    moment = local(moment)
    if moment.minute == 0 and moment.hour in (0, 12):
        return "midday" if moment.hour else "midnight"
    hour = moment.hour % 12 or 12
    minutes = f":{moment.minute:02}" if moment.minute else ""
    return f"{hour}{minutes}{'am' if moment.hour < 12 else 'pm'}{_which(moment)}"


def _which(moment: datetime) -> str:
    """Which of two equal times on London's clocks this one is; nothing where there is only one."""
    if moment.hour != 1 or moment.replace(fold=0).utcoffset() == moment.replace(fold=1).utcoffset():
        return ""
    return f" ({'after' if moment.fold else 'before'} the clocks go back)"


def nhs_datetime(moment: datetime) -> str:
    """A moment in full, such as `Wednesday 6 August 2025 at 5:30pm`."""
    return f"{nhs_date(moment)} at {nhs_time(moment)}"


def nhs_number(number: str) -> str:
    """Ten digits in groups of 3, 3 and 4 that never break across lines; anything else as it is."""
    digits = "".join(number.split()).replace("-", "")
    if len(digits) != 10 or not digits.isdecimal():
        return number
    return NO_BREAK_SPACE.join((digits[:3], digits[3:6], digits[6:]))


@lru_cache(maxsize=256)  # the practice's own number is on every page, and parsing one takes a while
def uk_phone(number: str) -> str:
    """A UK number as people read it out, such as `07700 900 123`; anything else as it is.

    Mobiles are in groups of 5, 3 and 3; other numbers are grouped as their area code asks.
    """
    try:
        parsed = phonenumbers.parse(number, "GB")
    except phonenumbers.NumberParseException:
        return number
    national = phonenumbers.national_significant_number(parsed)
    if parsed.country_code != 44 or not phonenumbers.is_possible_number(parsed):
        return number
    if national.startswith("7") and len(national) == 10:
        return NO_BREAK_SPACE.join((f"0{national[:4]}", national[4:7], national[7:]))
    written = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.NATIONAL)
    return written.replace(" ", NO_BREAK_SPACE)


@lru_cache(maxsize=256)
def dialled(number: str) -> str:
    """The number for a `tel:` link: E.164 where it is understood, otherwise its digits alone."""
    try:
        parsed = phonenumbers.parse(number, "GB")
    except phonenumbers.NumberParseException:
        return "".join(character for character in number if character.isdecimal())
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


def plural(count: int, singular: str, several: str = "") -> str:
    """A count with its noun: `1 patient`, `2,400 patients`. `several` is for nouns that do not just take an s."""
    return f"{count:,} {singular if count == 1 else several or singular + 's'}"
