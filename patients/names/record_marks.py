"""Marks in names that say that a record is not to be used: of death, of leaving, of duplicates, of tests.

Practices write them into title and name, because everybody sees them there. A word that is somebody's name as well,
such as Late or Rip, is a mark only where a bracket or another sign sets it apart.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from patients.columns.known import NAME_COLUMNS, Column
from patients.reasons import Reason

_LONGEST_READ = 500
"""Longer than any name; a mark further on stands in a sentence, and not in a name."""

MARKED_COLUMNS = (Column.TITLE, *NAME_COLUMNS)
"""Where marks are looked for."""

_ANYWHERE: dict[Reason, tuple[str, ...]] = {
    Reason.NAME_DECEASED: (
        "deceased", "deceasd", "decease", "decesed", "deceaced", "decessed", "desceased", "diseased", "dceased",
        "d e c e a s e d", "de ceased", "decd", "dec'd", "decsd", "dcsd", "dec'sd", "r.i.p", "rest in peace", "died",
        "dead", "has died", "passed away", "passed on", "date of death", "stillborn", "stillbirth", "still birth",
        "the late", "late mr", "late mrs", "late ms", "late miss", "late dr", "late shri", "late smt", "wedi marw",
        "bu farw", "ymadawedig", "y diweddar", "verstorben", "décédé", "décédée", "fallecido", "fallecida",
        "deceduto", "deceduta", "zmarł", "zmarła",
    ),
    Reason.NAME_LEFT: (
        "gone away", "moved away", "moved out", "moved area", "moved abroad", "left practice", "left the", "left area",
        "has left", "left list", "no longer registered", "no longer a patient", "no longer here", "not registered",
        "de registered", "deregistered", "unregistered", "deducted", "transferred out", "transferred away",
        "emigrated", "ex patient", "not our patient", "not a patient",
    ),
    Reason.NAME_NO_CONTACT: (
        "do not contact", "do not text", "do not sms", "do not message", "do not call", "do not phone", "do not send",
        "do not invite", "dont contact", "dont text", "dont call", "dont phone", "dont send", "don't contact",
        "don't text", "don't call", "don't phone", "don't send", "no contact", "no texts", "no text", "no sms",
        "no messages",
    ),
    Reason.NAME_NOT_IN_USE: (
        "do not use", "dont use", "don't use", "not to be used", "not in use", "not used", "do not book",
        "do not register", "do not open", "do not merge", "duplicate", "duplicated", "dup record", "dupl record",
        "merged", "to merge", "to be merged", "for merging", "merge with", "old record", "wrong record", "dead record",
        "incorrect record", "invalid record", "closed record", "record closed", "in error", "to be deleted", "deleted",
        "delete", "archived", "obsolete", "superseded", "inactive", "void", "voided", "ghost patient", "dummy",
        "test patient", "test pt", "test person", "test record", "test only", "test account", "test user", "test case",
        "test test", "patient test", "testpatient", "training patient", "training record", "demo patient",
        "sample patient", "example patient", "fake patient",
    ),
}  # fmt: skip
"""Words that are a mark wherever they stand. A space may be a hyphen, a dot or an underscore, or several of them."""

_SET_APART: dict[Reason, tuple[str, ...]] = {
    Reason.NAME_DECEASED: ("late", "rip", "dec", "dcd", "death"),
    Reason.NAME_LEFT: ("left", "moved", "gone", "transferred", "ex"),
    Reason.NAME_NOT_IN_USE: (
        "dup", "dupl", "merge", "error", "test", "tst", "demo", "fake", "sample", "training", "invalid", "closed",
        "suspended", "expired",
    ),
}  # fmt: skip
"""Words that are a mark where brackets or other signs set them apart from the name."""

_DATE = r"(?:[0-9]{1,2}[/.\- ](?:[0-9]{1,2}|[a-z]{3,9})[/.\- ](?:[0-9]{4}|[0-9]{2})|(?:19|20)[0-9]{2})(?![0-9])"
_SIGNS: dict[Reason, str] = {
    Reason.NAME_DECEASED: (
        "deceased?"  # also where it is written together with the name
        "|[\u2020\u271d\u271e\u271f\u2620\u26b0\u26b1\U0001faa6]"
        rf"|(?<![^\W_])(?:d|dod|rip|dec|late)[.: ]*{_DATE}"
        r"|\+ ?(?:19|20)[0-9]{2}(?![0-9])"
        r"|(?<![0-9])(?:18|19|20)[0-9]{2} ?[-\u2013] ?(?:19|20)[0-9]{2}(?![0-9])"  # born and died
    ),
    # A convention of practices, so that such records are the last in the list; and the test patients of the Spine.
    Reason.NAME_NOT_IN_USE: r"(?<![^\W_])(?:zz+[^\W\d_]*|xx+[-_. ]*[^\W\d_x][^\W\d_]*)(?:[-_. ]+[^\W\d_]+)?",
}


class Mark(NamedTuple):
    """A mark in a name: the reason that it is for leaving the row out, and how it is written there."""

    reason: Reason
    written: str


def _either(phrases: Iterable[str]) -> str:
    """Matches any of some phrases, as whole words, the longest first."""
    spelled = (re.escape(phrase) for phrase in sorted(phrases, key=len, reverse=True))
    return "|".join(
        phrase.replace(r"\ ", r"[\s._-]+").replace(r"\.", r"[. ]\s?").replace("'", "['\u2019`\u00b4]")
        for phrase in spelled
    )


def _pattern() -> re.Pattern[str]:
    """One pattern for all marks, with a group for each reason and way."""
    groups = []
    for reason, phrases in _ANYWHERE.items():
        signs = f"|{_SIGNS[reason]}" if reason in _SIGNS else ""
        groups.append(rf"(?P<{reason}>(?<![^\W_])(?:{_either(phrases)})(?![^\W_]){signs})")
    for reason, terms in _SET_APART.items():
        before, after = (
            r"(?:[(\[{<*/:;#!=+|\u00ac]|(?<=\s)[-\u2013\u2014]|^[-\u2013\u2014])",
            r"[. \t]*(?:[)\]}>*/;!]|$)",
        )
        word = f"(?:{_either(terms)})"
        groups.append(rf"(?P<{reason}_apart>{before}+\s*{word}{after}|^{word}\s*(?::|\s[-\u2013\u2014]\s))")
    return re.compile("|".join(groups), re.IGNORECASE | re.MULTILINE)


_MARKS = _pattern()
_DECLAN = re.compile(r"(?<![^\W_])dec[a-z]", re.IGNORECASE)

_WORD = re.compile(r"[^\W\d_]+")
_SPELLED = re.compile(
    r"[0-9\u2020\u271d-\u271f\u2620\u26b0\u26b1\U0001faa6]|deceas"
    r"|(?<![^\W_])(?:d[\s._-]+e[\s._-]+c|r[. ]\s?i[. ]\s?p)(?![^\W_])"
)

MARK_STARTS = ("zz", "xx", "deceas")
_KEYS = (
    max(_WORD.findall(phrase), key=len) for phrases in (*_ANYWHERE.values(), *_SET_APART.values()) for phrase in phrases
)
MARK_TERMS = frozenset(word for word in _KEYS if len(word) > 1)
"""A word of each mark. Plain words of which none is one of these, and none begins so, have no mark.

Those that are spelled in single letters are in `_SPELLED`: with D begin many names, such as D'Arcy.
"""


def may_have_mark(text: str) -> bool:
    """Whether it is worth looking for a mark: no, for nearly all names, and that is soon known. `text` is in small."""
    if _SPELLED.search(text):
        return True
    return any(word in MARK_TERMS or word.startswith(MARK_STARTS) for word in _WORD.findall(text))


def mark_in(title: str, *names: str) -> Mark | None:
    """The first mark in a title and the cells of a name; None when there is none.

    A word by itself as a title is set apart enough.
    """
    apart = f"({title})" if title.isalpha() else title
    text = "\n".join(cell[:_LONGEST_READ] for cell in (apart, *names) if cell)
    if not may_have_mark(text.lower()):
        return None
    match = _MARKS.search(text)
    # Somebody called Declan may be known as Dec.
    if match and _letters(match[0]) == "dec" and _DECLAN.search(text[: match.start()]):
        match = _MARKS.search(text, match.end())
    if match and match.lastgroup:
        written = title if match[0] == apart else " ".join(match[0].split())
        return Mark(Reason(match.lastgroup.removesuffix("_apart")), written)
    return _rip((title, *names) if "rip" in title.lower() else names) if "rip" in text.lower() else None


def _rip(names: Sequence[str]) -> Mark | None:
    """RIP without a sign: in capitals beside a name in small letters, or after a name. Rip alone is somebody's name."""
    parts = [word for name in names for word in re.split(r"[\s-]+", name) if word]
    at = next((at for at, word in enumerate(parts) if _letters(word) == "rip"), None)
    # A family name, where a comma follows.
    if at is None or len(parts) == 1 or parts[at].endswith(","):
        return None
    others = " ".join(parts[:at] + parts[at + 1 :])
    is_last = any(_letters(name.split()[-1]) == "rip" for name in names if len(name.split()) > 1)
    capitals = "RIP" in parts[at]
    if (capitals and (any(map(str.islower, others)) or is_last)) or (is_last and len(parts) > 2):
        return Mark(Reason.NAME_DECEASED, parts[at])
    return None


def _letters(written: str) -> str:
    return "".join(filter(str.isalpha, written)).lower()


def mark_of(original: Mapping[str, str]) -> tuple[Mark, Column] | None:
    """The mark in a row as it was written, and the column that it stands in; None when there is none.

    Where it only shows in several cells together it counts for the first of them.
    """
    cells = {column: original.get(column, "") for column in MARKED_COLUMNS}
    for column, cell in cells.items():
        if mark := mark_in(cell) if column == Column.TITLE else mark_in("", cell):
            return mark, column
    mark = mark_in(*cells.values())
    return (mark, next(column for column, cell in cells.items() if cell)) if mark else None
