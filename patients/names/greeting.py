"""Names as a greeting may use them. What was written stays with the row; this is what a text says.

A text greets with one given name, or with none: whoever is called by a family name, a title or a note in the file
wonders whom the text is for. So what is not certain is no name, and staff see why.
"""

import re
from collections.abc import Sequence
from typing import NamedTuple

from integrations.messaging.letters import plain_letters
from integrations.messaging.text import in_plain_letters
from patients.names.encoding_repair import mended
from patients.names.folding import fold_name
from patients.names.spelling import LONGEST, LONGEST_READ, clean_name, is_greetable, proper_case, visible
from patients.names.titles import AFTER_NAMES, BEFORE_TITLES, NOT_NAMES, PARTICLES, TITLES, TITLES_AND_NAMES
from patients.values.corrections import Tidied

__all__ = ["FamilyName", "PersonName", "clean_name", "read_family_name", "read_name"]

_NO_NAMES = NOT_NAMES | TITLES
_AFTER_FAMILIES = TITLES | AFTER_NAMES

_MOST_PARTS = 6
"""A cell of more is a sentence."""

# What stands in brackets or quotation marks is no part of the name: a title, what somebody is known as, a remark.
_BESIDE = re.compile(
    r"\([^()]*\)|\[[^\[\]]*\]|\{[^{}]*\}|<[^<>]*>|[\"\u201c\u201d\u201e][^\"\u201c\u201d\u201e]*[\"\u201c\u201d\u201e]"
    r"|(?<!\S)'[^'\u2019]{2,}['\u2019](?!\S)"
)
_ALSO = re.compile(
    r"(?<=\S)\s+(?:a\.?k\.?a\.?|known as|also|formerly|previously|n[e\u00e9]e|alias|prefers|preferred)(?![^\s:]).*",
    re.IGNORECASE,
)
# Chinese, Japanese and Korean names begin with the family name.
_FAMILY_FIRST = re.compile("[\u1100-\u11ff\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff]")


class PersonName(NamedTuple):
    """A patient's name. `given` is the one name to greet by; empty where none is certain.

    `family` is for staff: the family name, or the whole name where nobody can tell which part is the family's.
    `compared` are given and family name, folded, as two rows of a patient are compared; empty where they are not known.
    `remarks` say why there is no name to greet by, and what was read otherwise than written.
    """

    given: str = ""
    family: str = ""
    compared: tuple[str, str] = ("", "")
    remarks: tuple[Tidied, ...] = ()


class FamilyName(NamedTuple):
    """A family name: as it is shown, as rows are compared by it, and what a name to greet by must not be, folded."""

    shown: str = ""
    compared: str = ""
    parts: frozenset[str] = frozenset()


def read_name(title: str, given: str, family: str, whole: str = "", *, is_record: bool = False) -> PersonName:
    """A name from the cells that a list, or a record, has for it; a cell that is not there is empty.

    Given and family name go before a whole name such as "Asha Patel", "PATEL, Asha (Mrs)" or "PATEL Asha". In a list
    they may have changed places; in a record, which `is_record` says that this is, they have not.
    """
    written = [cell if len(cell) <= LONGEST_READ else "" for cell in (given, family, whole)]
    cells = [mended(cell) for cell in written]
    first, last, full = (_bare(visible(cell or "")) for cell in cells)
    surname = _surname(last)
    has_title = title.strip(" .").casefold() in TITLES
    name = _from_given(first, surname, has_title, is_record) if given else PersonName(family=_cleaned(surname))
    if not name.given and whole:
        other = _from_whole(full, surname, has_title)
        name = other if other.given or not given else name._replace(family=name.family or other.family)
    return name._replace(
        remarks=_remarks(name, (given, family, whole), cells), compared=_compared(first, surname, full)
    )


def read_family_name(cell: str) -> FamilyName:
    """What `read_name` makes of a family name in a cell by itself, whose letters are not damaged (`mending`)."""
    surname = _surname(_bare(visible(cell)))
    return FamilyName(_cleaned(surname), _folded(surname), _folded_parts(surname))


def _surname(last: str) -> list[str]:
    return _without_titles(last.partition(",")[0].split())


def _remarks(name: PersonName, written: Sequence[str], cells: Sequence[str | None]) -> tuple[Tidied, ...]:
    """Why there is no name to greet by, or what was changed in the one that there is."""
    if not name.given:
        if None in cells:
            return (Tidied.NAME_DAMAGED,)
        is_only_family = not written[0] and not written[2] and name.family
        return () if is_only_family or not any(written) else name.remarks or (Tidied.NAME_LEFT_OUT,)
    remarks = (
        [Tidied.NAME_MENDED] if any(cell not in (None, was) for cell, was in zip(cells, written, strict=True)) else []
    )
    if in_plain_letters(name.given) != name.given:
        remarks.append(Tidied.NAME_LETTERS)
    return tuple(remarks)


def _compared(first: str, surname: Sequence[str], full: str) -> tuple[str, str]:
    """What two rows of a patient are compared by: all given names, which tell twins apart, and the family name.

    A whole name is compared as it is written, but for a comma, because nobody may know where its family name begins.
    """
    given, family = _without_titles(first.replace(",", " ").split()), _folded(surname)
    if not given and full:
        before, _, after = full.partition(",")
        given = _without_titles(after.replace(",", " ").split()) + _without_titles(before.split())
    return _folded(given), family


def _folded(parts: Sequence[str]) -> str:
    """A name for comparison; empty for what stands there when nobody knows it."""
    folded = fold_name(" ".join(parts))
    return "" if folded in NOT_NAMES or folded.isdecimal() else folded


def _from_given(text: str, surname: Sequence[str], has_title: bool, is_record: bool) -> PersonName:
    """The name from a cell of given names, and the family name, if that is known."""
    family = _cleaned(surname)
    before, comma, after = text.partition(",")
    if comma and _without_titles(after.split()):
        if surname and _folded(before.split()) != _folded(surname):
            return PersonName(family=family, remarks=(Tidied.NAME_ORDER,))
        return _from_whole(text, surname, has_title)
    parts = before.split()
    name = _greeting(parts, _folded_parts(surname), has_title)._replace(family=family)
    if name.given and not is_record and any(map(_in_capitals, parts)) and any(map(str.islower, "".join(surname))):
        # Systems write family names in capitals, so these two may have changed places.
        return PersonName(family=family, remarks=(Tidied.NAME_ORDER,))
    return name


def _from_whole(text: str, surname: Sequence[str], has_title: bool) -> PersonName:
    """The name from a cell of the whole name: what is certain of it."""
    sections = [section.split() for section in text.split(",")]
    named = [section for section in sections if _without_titles(section)]
    everything = _cleaned([part for section in named for part in _without_titles(section)])
    unclear = PersonName(family=_cleaned(surname) or everything, remarks=(Tidied.NAME_ORDER,))
    if not named or len(named) > 2:
        return (
            unclear._replace(remarks=(Tidied.NAME_LEFT_OUT if not text else Tidied.NAME_NOT_GIVEN,))
            if not named
            else unclear
        )
    if len(named) == 2:
        family = surname or _without_titles(named[0])
        return _greeting(named[1], _folded_parts(family), has_title)._replace(family=_cleaned(family))
    has_title = has_title or named[0][0].strip(".").casefold() in TITLES
    parts = _without_titles(named[0])
    if len(sections) > 1 and not sections[-1] and sections[0]:
        return PersonName(family=everything, remarks=(Tidied.NAME_NOT_GIVEN,))
    if not _is_plain(parts):
        return unclear._replace(remarks=(Tidied.NAME_LEFT_OUT,))
    given, family = _divided(parts, surname)
    if not given:
        return unclear
    return _greeting(given, _folded_parts(family), has_title)._replace(family=_cleaned(surname or family))


def _divided(parts: Sequence[str], surname: Sequence[str]) -> tuple[Sequence[str], Sequence[str]]:
    """Given names and family name out of a whole name without a comma; two empty ones where that is not certain."""
    size = len(surname)
    if surname and len(parts) > size:
        if _folded(parts[-size:]) == _folded(surname):
            return parts[:-size], surname
        if _folded(parts[:size]) == _folded(surname):
            return parts[size:], surname
    first = parts[0]
    if any(_in_capitals(part) and len(part) > 2 for part in parts):
        return _by_capitals(parts)
    full = [part for part in parts if not _is_initials(part)]
    is_unusual = first.islower() or _in_capitals(first) or _is_initials(first) or _FAMILY_FIRST.search(first)
    return ((), ()) if is_unusual or len(full) < 2 else (parts[:1], parts[1:])


def _by_capitals(parts: Sequence[str]) -> tuple[Sequence[str], Sequence[str]]:
    """The same where some parts are in capitals: those are the family name, if they stand together at an end."""
    belongs = [_in_capitals(part) or part in PARTICLES for part in parts]
    for size in range(1, len(parts)):
        before, after = parts[:size], parts[size:]
        if all(belongs[:size]) and not any(belongs[size:]) and _in_capitals(before[-1]):
            return after, before
        if all(belongs[size:]) and not any(belongs[:size]) and _in_capitals(after[-1]):
            return before, after
    return (), ()


def _greeting(parts: Sequence[str], family: frozenset[str], has_title: bool) -> PersonName:
    """The one given name to greet by, out of given names; or none, and why."""
    names = _without_titles(parts)
    if not _is_plain(names):
        return PersonName(remarks=(Tidied.NAME_NOT_GIVEN if parts and not names else Tidied.NAME_LEFT_OUT,))
    name = next((name for name in names if not _is_initials(name)), "").rstrip(".")
    is_title = name.casefold() in TITLES_AND_NAMES and not has_title
    if not name or is_title or fold_name(name) in family:
        return PersonName(remarks=(Tidied.NAME_NOT_GIVEN,))
    if name in PARTICLES or names[0].strip(".").casefold() in ("st", "ste"):
        return PersonName(remarks=(Tidied.NAME_ORDER,))
    return PersonName(given=proper_case(name))


def _is_plain(parts: Sequence[str]) -> bool:
    """Whether these are names and nothing else: no notes, and no characters that a text must not repeat."""
    text = " ".join(parts)
    notes = (part.strip(".").casefold() in _NO_NAMES for part in parts)
    return len(parts) <= _MOST_PARTS and len(text) <= LONGEST and is_greetable(text) and not any(notes)


def _without_titles(parts: Sequence[str]) -> list[str]:
    """A name's parts without the titles before them, and what follows a family name."""
    small = [part.strip(".").casefold() for part in parts]
    first, last = 0, len(parts)
    while first < last and (
        small[first] in TITLES or (small[first] in BEFORE_TITLES and TITLES & {*small[first + 1 : first + 2]})
    ):
        first += 1
    while first < last - 1 and small[last - 1] in _AFTER_FAMILIES:
        last -= 1
    return list(parts[first:last])


def _folded_parts(parts: Sequence[str]) -> frozenset[str]:
    """A family name's parts, and the whole of it, for comparison with a given name."""
    pieces = re.split(r"[\s-]+", " ".join(parts))
    return frozenset(filter(None, map(fold_name, (*pieces, " ".join(parts)))))


def _cleaned(parts: Sequence[str]) -> str:
    return clean_name(" ".join(parts))


def _in_capitals(name: str) -> bool:
    """Whether a name is in capitals, as systems write family names; McDONALD is, and initials are not."""
    return re.sub("^Ma?c(?=[^\\W\\d_]{2})", "", name).isupper() and not _is_initials(name)


def _is_initials(name: str) -> bool:
    """Whether this is no name but the beginning of one or more, such as J, J. or JP."""
    letters = "".join(filter(str.isalpha, name))
    plain = plain_letters(letters).lower()
    if not plain.isascii():
        return len(letters) == 1 and letters.lower() != letters.upper()
    has_vowel = any(vowel in plain for vowel in "aeiouy")
    return (
        len(plain) < 2
        or (len(plain) < 4 and not has_vowel)
        or (letters.isupper() and len(plain) == 2 and plain[1] == "j")
    )


def _bare(text: str) -> str:
    """A name without what stands beside it in brackets, in quotation marks, or after "known as"."""
    if text.replace(" ", "").isalpha():
        return _ALSO.sub("", text) if " " in text else text
    before = ""
    while before != text:
        before, text = text, _BESIDE.sub(" ", text)
    return _ALSO.sub("", text).strip(" -.'" if text.endswith((" -", " .")) else " -'")
