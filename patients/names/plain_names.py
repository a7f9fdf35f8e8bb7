"""The short way to read the names of a list: what most names are made of is read once, and not for every row.

The rows of a list have few given names and family names between them, in ever new pairs. So each is read by itself and
remembered, and a row only sees whether the two may stand together.
"""

import re
from functools import lru_cache
from typing import NamedTuple

from patients.names.encoding_repair import mended
from patients.names.greeting import FamilyName, read_family_name
from patients.names.record_marks import MARK_STARTS, MARK_TERMS, may_have_mark
from patients.names.spelling import LONGEST, proper_case
from patients.names.titles import AFTER_NAMES, BEFORE_TITLES, NOT_NAMES, TITLES, TITLES_AND_NAMES, USUAL_TITLES

_MOST_REMEMBERED = 4096
"""Given names, and family names, of which the latest are remembered: a megabyte or two of each."""

# With Ste a name of several words begins.
_SPECIAL = TITLES | TITLES_AND_NAMES | BEFORE_TITLES | NOT_NAMES | MARK_TERMS | {"ste"}
_NOT_FAMILIES = TITLES | AFTER_NAMES | MARK_TERMS | NOT_NAMES
_NO_INITIALS = re.compile("[a-z]{4,}|(?=.{0,2}[aeiouy])[a-z]{3}")
_USUAL_WHOLE = re.compile(
    r"(?:([A-Z][a-z]+) )?([A-Z][a-z]+) ([A-Z][a-z]+)|([A-Za-z]+), ?([A-Z][a-z]+)(?: \(([A-Z][a-z]+)\))?"
)

UsualName = tuple[str, str, tuple[str, str]]
"""Given name, family name, and both as rows are compared by them: a `names.PersonName` of which nothing is remarked."""


class UsualNames:
    """Reads the names of one list. What it remembers of people ends with it, so there is no other use for one."""

    def __init__(self) -> None:
        """None has been read yet."""
        self._given = lru_cache(maxsize=_MOST_REMEMBERED)(_usual_given)
        self._family = lru_cache(maxsize=_MOST_REMEMBERED)(_usual_family)

    def read(self, title: str, given: str, family: str, whole: str) -> UsualName | None:
        """What `names.read_name` makes of usual names in which there is no mark (`marks`); None for all other names."""
        if whole:
            return None if given or family else self._whole(title, whole)
        greeting, first, in_capitals = self._given(given)
        last, folded, parts = self._family(family)
        if not first or not folded or first in parts or (in_capitals and not family.isupper()):
            return None
        if title not in USUAL_TITLES and title.title() not in USUAL_TITLES:
            return None
        return greeting, last, (first, folded)

    def _whole(self, title: str, whole: str) -> UsualName | None:
        """The same of a name in one cell: Asha Patel, Mrs Asha Patel, or PATEL, Asha (Mrs)."""
        match = _USUAL_WHOLE.fullmatch(whole)
        if match is None:
            return None
        title, family, given = match[1] or match[6] or title, match[3] or match[4], match[2] or match[5]
        name = self.read(title, given, family, "")
        return name and (name[0], name[1], ("".join(name[2]), ""))


class _Given(NamedTuple):
    """A given name in its proper case, and folded; empty unless it is usual."""

    shown: str = ""
    folded: str = ""
    in_capitals: bool = False


def _usual_given(written: str) -> _Given:
    """A given name that is one plain word; nothing for a title, a note, initials, and for more words."""
    small = written.lower()
    is_usual = (
        _is_plain_word(written)
        and _NO_INITIALS.fullmatch(small)
        and small not in _SPECIAL
        and not small.startswith(MARK_STARTS)
        and (written.istitle() or written.isupper())
    )
    return _Given(proper_case(written), small, written.isupper()) if is_usual else _Given()


def _usual_family(written: str) -> FamilyName:
    """A family name of any words, if its letters are whole and nothing in it may be a mark or a title."""
    small = written.lower()
    if _is_plain_word(written):
        is_usual = small not in _NOT_FAMILIES and not small.startswith(MARK_STARTS)
        return FamilyName(proper_case(written), small, frozenset((small,))) if is_usual else FamilyName()
    is_usual = len(written) <= LONGEST and mended(written) == written and not may_have_mark(small)
    return read_family_name(written) if is_usual else FamilyName()


def _is_plain_word(written: str) -> bool:
    return written.isalpha() and written.isascii() and len(written) <= LONGEST
