"""What an appointment is for, and what is good to know before it, as staff write it and patients read it.

Plain text, and made to read well inside a sentence: "Flu vaccination for Niamh", "your flu vaccination". What could
mislead a patient is refused, so that no page has to be careful with it: web addresses, placeholders that nobody fills
in, mark-up, and characters that cannot be seen.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields
from types import MappingProxyType
from typing import Any, Self

from django.core.exceptions import ValidationError

from campaigns.wording.advice import addresses_in, placeholders_in
from core.wording import plural

NAME_MISSING = "Say what the appointment is for, such as flu vaccination"

_NOT_A_NAME = "Write a few words that name the appointment, such as flu vaccination, and not a sentence"
_HIDDEN = frozenset(("Cc", "Cf", "Cs", "Co", "Cn"))
# Soft hyphen, zero-width space and joiner of words, direction marks, byte order mark: they come with pasted text and
# mean nothing. What is left of the invisible ones could turn a line around, or be anything.
_DIRT = dict.fromkeys(map(ord, "\u00ad\u200b\u200e\u200f\u2060\ufeff"))
_JOINERS = "\u200c\u200d"  # of emoji, and of letters in Persian and in India's languages
_LINE_ENDS = re.compile("\r\n?|[\u2028\u2029]")
_MARK_UP = re.compile(r"[<>]|&#?\w+;")
_BRACES = re.compile(r"\{[^{}]*\}?|\}")
# Beside what `advice` knows as an address: anything that a phone could take for one.
_LIKE_AN_ADDRESS = re.compile(r"\S*(?:://|[^\W_]{2,}\.[^\W\d_]{2,})\S*")
_LONGEST_READ = 4
"""So many times the characters that a detail may have: what is longer has not only spaces too many."""


@dataclass(frozen=True, slots=True)
class Detail:
    """One detail: what it is called in an error, its most characters, and whether it may have several lines."""

    called: str
    most: int
    several_lines: bool = False


DETAILS: Mapping[str, Detail] = MappingProxyType(
    {
        "appointment_name": Detail("What the appointment is for", 60),
        "with_whom": Detail("Who the appointment is with", 80),
        "how_long": Detail("How long it takes", 40),
        "what_to_bring": Detail("What to bring", 300, several_lines=True),
        "what_to_do_before": Detail("What to do before", 300, several_lines=True),
    }
)
"""Every detail by the name of its field, in the order in which it is asked for and shown."""


@dataclass(frozen=True, slots=True)
class AppointmentDetails:
    """The details of one batch or template, made tidy. Raises ValidationError, with an error for each field."""

    appointment_name: str = ""
    with_whom: str = ""
    how_long: str = ""
    what_to_bring: str = ""
    what_to_do_before: str = ""

    def __post_init__(self) -> None:
        """Nobody can hold details that a patient should not read."""
        errors: dict[str, ValidationError] = {}
        for name, written in asdict(self).items():
            try:
                object.__setattr__(self, name, tidied(name, written))
            except ValidationError as error:
                errors[name] = error
        if errors:
            raise ValidationError(errors)

    @classmethod
    def of(cls, source: Any) -> Self:
        """The details that a batch or a template has, or of the answers of a form, by the names of their fields."""
        if isinstance(source, Mapping):
            return cls(**{name: source[name] for name in DETAILS})
        return cls(**{name: getattr(source, name) for name in DETAILS})

    def write_to(self, target: Any) -> bool:
        """Put them on a batch or a template, without saving it; whether that changed anything."""
        changed = [detail.name for detail in fields(self) if getattr(target, detail.name) != getattr(self, detail.name)]
        for name in changed:
            setattr(target, name, getattr(self, name))
        return bool(changed)

    @property
    def given(self) -> list[str]:
        """Which details there are, by the names of their fields."""
        return [name for name, value in asdict(self).items() if value]


def tidied(name: str, written: str) -> str:
    """One detail as it is stored, by the name of its field. Raises ValidationError with what staff should do."""
    detail = DETAILS[name]
    if len(written) > detail.most * _LONGEST_READ:
        raise ValidationError(_too_long(detail))
    text = _read(written, detail)
    if reason := _reason_against(text):
        raise ValidationError(reason)
    text = _READERS.get(name, str)(text)
    if len(text) > detail.most:
        raise ValidationError(_too_long(detail))
    return text


def _too_long(detail: Detail) -> str:
    return f"{detail.called} must be {detail.most} characters or fewer"


def _read(written: str, detail: Detail) -> str:
    """The text in single spaces, without dirt and empty lines. Raises ValidationError for what cannot be seen."""
    text = _LINE_ENDS.sub("\n", unicodedata.normalize("NFC", written.translate(_DIRT))).replace("\t", " ")
    if any(unicodedata.category(c) in _HIDDEN and c not in f"\n{_JOINERS}" for c in text):
        raise ValidationError(f"{detail.called} has hidden characters. Type it again instead of pasting it")
    lines = [" ".join(line.split()) for line in text.split("\n")]
    lines = [line for line in lines if line]
    if len(lines) > 1 and not detail.several_lines:
        raise ValidationError(f"{detail.called} must be on one line")
    return "\n".join(lines)


def _reason_against(text: str) -> str:
    if _MARK_UP.search(text):
        return "Write plain text, without < and > and without HTML"
    placeholders = [*placeholders_in(text), *_BRACES.findall(text)]
    if placeholders:
        return f"Take out “{placeholders[0]}”: nothing is filled in here, so patients would see it as it is"
    addresses = [*addresses_in(text), *(found.rstrip(".,;:!?)") for found in _LIKE_AN_ADDRESS.findall(text))]
    if addresses:
        return f"Take out “{addresses[0]}”: patients cannot follow a link from here"
    return ""


# The name


_ARTICLE = re.compile(r"\A(?:your|my|our|the|an?)(?: +|\Z)", re.IGNORECASE)
_QUOTED = re.compile("\\A[\"'\u201c\u2018](.*)[\"'\u201d\u2019]\\Z")
_STOPS = " .,;:!?\u2026-\u2013\u2014"
_INSTRUCTION = re.compile(r"(?:please|book|choose|dear|hello)\b", re.IGNORECASE)
_SHORTENED = re.compile(r"\b(?:dr|mr|mrs|ms|st|no|approx|incl|inc)\. ", re.IGNORECASE)
_NEW_SENTENCE = re.compile(r"[.!?;] ")

_EVERYDAY_VOCABULARY = """
a an and annual appointment asthma at baby blood bone booster breathing catch-up cervical check check-up checkup
child childhood chronic clinic coil consultation contraception contraceptive diabetes diabetic diet disability
dressing ear eye eyes feet first flu follow-up foot for group health hearing heart hip hypertension immunisation
implant in influenza injection joint kidney knee learning long-term lung management medication medicine
medicines meeting menopause mental minor monitoring month monthly new nurse of on or patient physiotherapy
pneumococcal pneumonia post-natal postnatal prediabetes pregnancy pressure pulse removal repeat review
rheumatology routine scan screening second session shingles skin smear smoking spirometry steroid stop-smoking
stroke surgery test tests the thyroid to travel urine vaccination vaccinations vaccine vaccines visit vitamin
weight winter with wound year yearly
"""
_EVERYDAY = frozenset(_EVERYDAY_VOCABULARY.split())
"""Words that begin with a capital only where a sentence does. Others may be somebody's name, and are left alone."""


def _read_name(text: str) -> str:
    """A name that reads well inside a sentence. Raises ValidationError for what names nothing."""
    name, before = text, None
    while name != before:
        before = name
        name = _ARTICLE.sub("", _QUOTED.sub(r"\1", name)).strip(_STOPS)
    if text and sum(character.isalpha() for character in name) < 2:
        raise ValidationError(NAME_MISSING)
    if _INSTRUCTION.match(name) or _NEW_SENTENCE.search(_SHORTENED.sub("", name)):
        raise ValidationError(_NOT_A_NAME)
    return _small_letters(name)


def _small_letters(name: str) -> str:
    """The name without the capitals of a heading or of shouting: Flu Vaccination is flu vaccination, RSV stays."""
    parts = [word.lower() if word.isupper() and _is_everyday(word) else word for word in name.split(" ")]
    if all(map(_is_everyday, parts)):
        return " ".join(parts).lower()
    if _is_everyday(parts[0]):
        parts[0] = parts[0].lower()
    return " ".join(parts)


def _is_everyday(word: str) -> bool:
    return word.strip("(),/").casefold() in _EVERYDAY


def capitalised(name: str) -> str:
    """The name where a sentence begins: Flu vaccination. A word such as eGFR is written as it is."""
    first = name.split(" ", 1)[0]
    return name if first[1:] != first[1:].lower() else name[:1].upper() + name[1:]


# The others


_MINUTES = re.compile(r"(\d{1,4}) ?(?:m|mins?|minutes?)?\.?", re.ASCII | re.IGNORECASE)
_FROM_TO = re.compile(r"(\d{1,4}) ?(?:[-\u2013]|to) ?(\d{1,4}) ?(?:m|mins?|minutes?)?\.?", re.ASCII | re.IGNORECASE)
_LONGEST_MINUTES = 24 * 60


def _read_how_long(text: str) -> str:
    """A bare number is of minutes. Raises ValidationError for a time that no appointment takes."""
    if alone := _MINUTES.fullmatch(text):
        minutes = [int(alone[1])]
    elif between := _FROM_TO.fullmatch(text):
        minutes = [int(between[1]), int(between[2])]
    else:
        return text.rstrip(_STOPS)
    if not 0 < minutes[0] <= minutes[-1] <= _LONGEST_MINUTES:
        raise ValidationError("Write how long it takes in minutes, such as 10 minutes")
    return " to ".join([*(str(number) for number in minutes[:-1]), plural(minutes[-1], "minute")])


_WITH = re.compile(r"\Awith +", re.IGNORECASE)


def _read_with_whom(text: str) -> str:
    """Who it is with, without the "with" that the page says already."""
    return _WITH.sub("", text).rstrip(_STOPS)


_READERS: Mapping[str, Callable[[str], str]] = MappingProxyType(
    {"appointment_name": _read_name, "how_long": _read_how_long, "with_whom": _read_with_whom}
)
