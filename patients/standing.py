"""What a list itself says against a text: the patient has died, has left, or does not agree to texts (safety B49).

Each column's words are those that clinical systems and people write there; what is not known passes, except that
anything in a column about death, such as a date, means that the patient has died unless it says otherwise.
"""

import re
from collections.abc import Callable
from functools import lru_cache

from patients.columns import Column
from patients.reasons import Reason

_WORD = re.compile(r"[^\W_]+")
_BLANK = " -\N{EN DASH}\N{EM DASH}/."
_ALIVE = frozenset(("no", "n", "false", "0", "alive", "living", "not deceased", "not dead", "none", "nil", "n a", "na"))
_DIED = re.compile(r"(?<!not )\b(deceased|died|dead|death)\b")
_LEFT = re.compile(
    r"(false|0)$|(no|n)\b(?! a$)"
    r"|(de ?registered|unregistered|inactive|not active|not (currently )?registered|previously registered"
    r"|transferred out|moved away|ex registered|former|removed)\b"
    r"|(.* )?(?<!not )(left|deducted)\b"
)
# "No" may go on: "No, prefers letters". But not into "No dissent", and N/A says nothing.
_REFUSED = re.compile(
    r"(false|0)$|never\b"
    r"|(no|n)\b(?! (a|dissent|objections?|restrictions?|preferences?|information|response|data|records?|entry)\b)"
    r"|(.* )?(do not|don ?t|does not|no consent|no texts?|no sms|not consent(ed|ing)|not agreed|not allowed)\b"
    r"|(.* )?(not given|withheld)\b"
    r"|(.* )?(?<!no )(?<!not )(refus(ed|es|al)|dissent(s|ed)?|declin(ed?|es)|withdr(awn|ew)|denied|opt(ed)? out)\b"
)


def _words(written: str) -> str:
    """A cell's words in small letters with one space between them, and nothing else."""
    return " ".join(_WORD.findall(written[:200].casefold()))


@lru_cache(maxsize=1024)
def _deceased(written: str) -> Reason | None:
    alive = not written.strip(_BLANK) or _words(written) in _ALIVE
    return None if alive else Reason.DECEASED


@lru_cache(maxsize=1024)
def _registration(written: str) -> Reason | None:
    words = _words(written)
    if _DIED.search(words):
        return Reason.DECEASED
    return Reason.LEFT if _LEFT.match(words) else None


@lru_cache(maxsize=1024)
def _text_consent(written: str) -> Reason | None:
    return Reason.REFUSED_TEXTS if _REFUSED.match(_words(written)) else None


STANDING: dict[Column, Callable[[str], Reason | None]] = {
    Column.DECEASED: _deceased,
    Column.REGISTRATION: _registration,
    Column.TEXT_CONSENT: _text_consent,
}
"""For each of these columns: the reason that a cell gives, or None when it says nothing against a text."""

ABOUT_THE_PATIENT = frozenset((Reason.DECEASED, Reason.LEFT, Reason.REFUSED_TEXTS))
"""Reasons that hold for every row of a patient, whichever row says so."""
