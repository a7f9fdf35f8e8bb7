"""What a list itself says against a text: the patient has died, has left, or does not agree to texts.

Each column's words are those that clinical systems and people write there; they stand in `word_lists.toml`. A cell
whose words are not known holds its patient back: it is never taken for a yes.
"""

import re
from calendar import month_abbr
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from patients.columns.known import Column
from patients.columns.word_lists import VOCABULARY, folded, pattern
from patients.reasons import Reason

_CELLS: dict[str, Any] = VOCABULARY["cells"]
_YES, _NO = frozenset(_CELLS["yes"]), frozenset(_CELLS["no"])
_NOTHING, _UNKNOWN = frozenset(_CELLS["nothing"]), frozenset(_CELLS["unknown"])
_NEGATIONS = ("no", "not")
_MOST_READ = 200
"""Characters of a cell that says yes or no; one that says more than this is not understood."""

_MONTHS = f"(?:{'|'.join(month_abbr[1:]).lower()})[a-z]*"
# A date in folded words, its time of day too; and a plain number that a spreadsheet made of one.
_DATE = re.compile(
    rf"(?<!\S)(?:[0-9]{{1,2}} (?:[0-9]{{1,2}}|{_MONTHS}) [0-9]{{2,4}}|[0-9]{{1,2}}{_MONTHS}[0-9]{{2,4}}"
    r"|[0-9]{4} [0-9]{1,2} [0-9]{1,2}|[0-9]{8}|[0-9]{5})(?: [0-9]{1,2} [0-9]{2}(?: [0-9]{2})?)?(?!\S)"
)


def _fine(column: Column) -> frozenset[str]:
    return frozenset(map(folded, _CELLS[column]["fine"]))


def _against(column: Column) -> re.Pattern[str]:
    return pattern(_CELLS[column]["against"], unless=_NEGATIONS)


_FINE = {column: _fine(Column(column)) for column in _CELLS if column in set(Column)}
_AGAINST = {column: _against(Column(column)) for column in _FINE}
_DEAD = _AGAINST[Column.DECEASED]
_REGISTERED = frozenset(_CELLS[Column.REGISTRATION]["fine_words"])
_ABOUT_CONSENT = frozenset((*_CELLS[Column.TEXT_CONSENT]["fine_words"], *_CELLS[Column.TEXT_CONSENT]["yes_words"]))
_CONSENTS = frozenset(_CELLS[Column.TEXT_CONSENT]["yes_words"])


def without_dates(text: str) -> str:
    """Folded words without the dates among them."""
    return " ".join(_DATE.sub(" ", text).split())


def says_nothing_of_consent(written: str) -> bool:
    """Whether a cell about consent to texts says neither yes nor no: it is empty, or says that nothing is known."""
    text = folded(written[:_MOST_READ])
    return not text or text in _NOTHING or text in _UNKNOWN


@lru_cache(maxsize=1024)
def _deceased(written: str) -> Reason | None:
    text = folded(written[:_MOST_READ])
    if not text:
        return None if _is_blank(written) else Reason.DECEASED_UNCLEAR
    if text in _NO or text in _NOTHING or text in _FINE[Column.DECEASED]:
        return None
    if text in _YES or _DATE.search(text) or _DEAD.search(text):
        return Reason.DECEASED
    return Reason.DECEASED_UNCLEAR


@lru_cache(maxsize=1024)
def _left(written: str) -> Reason | None:
    text = folded(written[:_MOST_READ])
    if not text:
        return None if _is_blank(written) else Reason.REGISTRATION_UNCLEAR
    if text in _NO or text in _NOTHING or text in _FINE[Column.LEFT]:
        return None
    if _DEAD.search(text):
        return Reason.DECEASED
    if text in _YES or _DATE.search(text) or _AGAINST[Column.LEFT].search(text):
        return Reason.LEFT
    return Reason.REGISTRATION_UNCLEAR


@lru_cache(maxsize=1024)
def _registration(written: str) -> Reason | None:
    text = folded(written[:_MOST_READ])
    if not text:
        return None if _is_blank(written) else Reason.REGISTRATION_UNCLEAR
    if text in _NOTHING or text in _FINE[Column.REGISTRATION]:
        return None
    if _DEAD.search(text):
        return Reason.DECEASED
    if text.split()[0] in _NO or _AGAINST[Column.REGISTRATION].search(text):
        return Reason.LEFT
    # A date beside "registered" says since when.
    here = len(written) <= _MOST_READ and _REGISTERED.issuperset(without_dates(text).split())
    return None if here else Reason.REGISTRATION_UNCLEAR


@lru_cache(maxsize=1024)
def _text_consent(written: str) -> Reason | None:
    text = folded(written[:_MOST_READ])
    if not text:
        return None if _is_blank(written) else Reason.CONSENT_UNCLEAR
    if says_nothing_of_consent(written) or text in _FINE[Column.TEXT_CONSENT]:
        return None
    tokens = without_dates(text).split()
    if (tokens and tokens[0] in _NO) or _AGAINST[Column.TEXT_CONSENT].search(text):
        return Reason.REFUSED_TEXTS
    agreed = len(written) <= _MOST_READ and _ABOUT_CONSENT.issuperset(tokens) and not _CONSENTS.isdisjoint(tokens)
    return None if agreed or text in _YES else Reason.CONSENT_UNCLEAR


@lru_cache(maxsize=1024)
def _text_refusal(written: str) -> Reason | None:
    text = folded(written[:_MOST_READ])
    if not text:
        return None if _is_blank(written) else Reason.CONSENT_UNCLEAR
    if text in _NO or text in _NOTHING or text in _FINE[Column.TEXT_REFUSAL]:
        return None
    if text in _YES or _DATE.search(text) or _AGAINST[Column.TEXT_REFUSAL].search(text):
        return Reason.REFUSED_TEXTS
    return Reason.CONSENT_UNCLEAR


_BLANK = " \t\r\n-\N{EN DASH}\N{EM DASH}/.'\u00a0\u200b\ufeff"


def _is_blank(written: str) -> bool:
    """Whether there is nothing in a cell but a dash or the like, as people write for "nothing"."""
    return not written.strip(_BLANK)


STANDING: dict[Column, Callable[[str], Reason | None]] = {
    Column.DECEASED: _deceased,
    Column.LEFT: _left,
    Column.REGISTRATION: _registration,
    Column.TEXT_CONSENT: _text_consent,
    Column.TEXT_REFUSAL: _text_refusal,
}
"""For each of these columns: the reason that a cell gives, or None when it says nothing against a text."""

ABOUT_THE_PATIENT = frozenset(
    (
        Reason.DECEASED,
        Reason.LEFT,
        Reason.REFUSED_TEXTS,
        Reason.DECEASED_UNCLEAR,
        Reason.REGISTRATION_UNCLEAR,
        Reason.CONSENT_UNCLEAR,
    )
)
"""Reasons that hold for every row of a patient, whichever row says so."""
