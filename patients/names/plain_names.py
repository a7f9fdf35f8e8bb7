"""The short way to read the names of a list: nearly all are plain words, and then nothing needs a second look."""

import re
from functools import lru_cache

from patients.names.greeting import PersonName
from patients.names.record_marks import MARK_STARTS, MARK_WORDS
from patients.names.spelling import LONGEST, proper_case
from patients.names.titles import AFTER_NAMES, BEFORE_TITLES, NOT_NAMES, TITLES, TITLES_AND_NAMES, USUAL_TITLES

_SPECIAL = TITLES | TITLES_AND_NAMES | BEFORE_TITLES | NOT_NAMES | MARK_WORDS
_NOT_FAMILIES = TITLES | AFTER_NAMES | MARK_WORDS | NOT_NAMES
_USUAL_WHOLE = re.compile(
    r"(?:([A-Z][a-z]+) )?([A-Z][a-z]+) ([A-Z][a-z]+)|([A-Za-z]+), ?([A-Z][a-z]+)(?: \(([A-Z][a-z]+)\))?"
)


def usual_name(title: str, given: str, family: str, whole: str) -> PersonName | None:
    """What `names.read_name` makes of plain words in which there is no mark (`marks`); None for all other names."""
    if whole and not given and not family and (match := _USUAL_WHOLE.fullmatch(whole)):
        title, family, given = match[1] or match[6] or title, match[3] or match[4], match[2] or match[5]
    elif whole:
        return None
    (greeting, first), (last, folded) = _usual_given(given), _usual_family(family)
    if not first or not folded or first == folded or title.title() not in USUAL_TITLES:
        return None
    if given.isupper() and not family.isupper():
        return None
    return PersonName(greeting, last, (first + folded, "") if whole else (first, folded))


@lru_cache(maxsize=4096)
def _usual_given(written: str) -> tuple[str, str]:
    """A given name in its proper case, and folded; two empty ones for a title, a note, initials or other words."""
    small = written.lower()
    is_usual = (
        _is_plain_word(written) and len(small) > 3 and small not in _SPECIAL and not small.startswith(MARK_STARTS)
    )
    return (proper_case(written), small) if is_usual and (written.istitle() or written.isupper()) else ("", "")


@lru_cache(maxsize=4096)
def _usual_family(written: str) -> tuple[str, str]:
    """The same of a family name."""
    small = written.lower()
    is_usual = _is_plain_word(written) and small not in _NOT_FAMILIES and not small.startswith(MARK_STARTS)
    return (proper_case(written), small) if is_usual else ("", "")


def _is_plain_word(written: str) -> bool:
    return written.isalpha() and written.isascii() and len(written) <= LONGEST
