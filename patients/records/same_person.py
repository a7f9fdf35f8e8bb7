"""Is the record behind an NHS number that of the patient whom we mean? What we hold beside what the record says.

Pure: nothing is read or written here. Dates must agree. Names are compared as loosely as people write them: a surname
differs only where it shares nothing with the record's, however either is spelled, joined, shortened or turned round.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

from integrations.clinical.port import PatientDetails
from integrations.messaging.letters import plain_letters
from patients.values.genders import KNOWN as GENDERS


class Difference(StrEnum):
    """In what a record is not as we hold its patient."""

    BIRTH = "birth"
    NO_BIRTH = "no_birth"
    SURNAME = "surname"
    GIVEN = "given"
    GENDER = "gender"


@dataclass(frozen=True, slots=True)
class Held:
    """What we hold about a patient. Whatever is empty is not known, and is not compared.

    `births` are all the days that the date of birth may be, as it is written: mostly one. `whole` is a name that was
    written in one cell, "Joe Bloggs" or "BLOGGS, Joe (Mr)"; it counts where there is no family name. `gender` is a word
    of records, such as female.
    """

    births: frozenset[date] = frozenset()
    given: str = ""
    family: str = ""
    whole: str = ""
    gender: str = ""


@dataclass(frozen=True, slots=True)
class Parts:
    """A name as it is compared.

    `names` are its words of two letters or more, and neighbours joined; `particles` those of its words that stand
    beside a name, which tell only where there is no other; `initials` are all that there is where nothing is longer.
    """

    names: frozenset[str]
    particles: frozenset[str]
    initials: frozenset[str]

    def __bool__(self) -> bool:
        """Whether there is anything to compare."""
        return bool(self.names or self.particles or self.initials)


class _Name(NamedTuple):
    given: Parts
    family: Parts


def differences(held: Held, record: PatientDetails) -> tuple[Difference, ...]:
    """In what the record differs; empty where it can be the same person's."""
    mismatches = []
    if record.date_of_birth is None:
        mismatches.append(Difference.NO_BIRTH)
    elif held.births and record.date_of_birth not in held.births:
        mismatches.append(Difference.BIRTH)
    if not same_surname(held, record):
        mismatches.append(Difference.SURNAME)
    return tuple(mismatches)


def slight_differences(held: Held, record: PatientDetails) -> tuple[Difference, ...]:
    """In what else the record differs, though it can well be the same person's: for staff to look at.

    People go by other given names than the first of their record, and lists and records learn of a change at different
    times. Only what both sides say is compared.
    """
    mismatches = []
    if not same_given_name(held, record):
        mismatches.append(Difference.GIVEN)
    if held.gender and record.gender in GENDERS and held.gender != record.gender:
        mismatches.append(Difference.GENDER)
    return tuple(mismatches)


def same_given_name(held: Held, record: PatientDetails) -> bool:
    """Whether the given name shares a name with the record's, begins it, or either of them has none to compare.

    Where the parts of a name may be in each other's places, either of them may be the given name.
    """
    recorded = _Name(parts(record.given), parts(record.family))
    orders = [order for order in _orders(held) if order.given]
    if not orders or not recorded.given:
        return True
    return any(_share(part, recorded.given) or _begins(part, recorded.given) for order in orders for part in order)


def _begins(name: Parts, other: Parts) -> bool:
    """Whether a name is the beginning of another, as Alex is of Alexander."""
    pairs = ((one, another) for one in name.names for another in other.names)
    return any(
        min(len(one), len(another)) >= _FEWEST_BEGINNING and (one.startswith(another) or another.startswith(one))
        for one, another in pairs
    )


def same_surname(held: Held, record: PatientDetails) -> bool:
    """Whether the surname shares a name with the record's, or either of them has none to compare.

    Where the parts of a name are in each other's places, both of them must be in the record.
    """
    recorded = _Name(parts(record.given), parts(record.family))
    orders = [order for order in _orders(held) if order.family]
    if not orders or not (recorded.given or recorded.family):
        return True
    if not recorded.family:
        return any(_share(part, recorded.given) for order in orders for part in order)
    return _share(orders[0].family, recorded.family) or any(
        _is_turned(order, recorded) or (_share(order.family, recorded.family) and _share(order.given, recorded.given))
        for order in orders
    )


def _is_turned(name: _Name, recorded: _Name) -> bool:
    """Whether a given name stands in the place of the surname, and the record knows the other part too."""
    if not _share(name.family, recorded.given):
        return False
    # "Ali" beside "Mohammed", where the record has both as given names, is nobody else either.
    others = name.given.names - name.family.names
    return not name.given or _share(name.given, recorded.family) or bool(others & recorded.given.names)


def _orders(held: Held) -> Iterator[_Name]:
    """The name we hold, as it is most likely meant, and then as it may be."""
    family, comma, given = held.whole.partition(",")
    if held.family.strip():
        yield _Name(parts(held.given or held.whole), parts(held.family))
    elif comma:
        yield _Name(parts(given), parts(family))
    else:
        first, *rest = _usable(_tokenise(held.whole)) or [""]
        yield _Name(parts(first if rest else ""), parts(" ".join(rest) or first))
        yield _Name(parts(" ".join(rest)), parts(first))


@lru_cache(maxsize=4096)  # a name is compared in several orders, and the common ones again and again
def parts(written: str) -> Parts:
    """A name as it is compared with others."""
    tokens = [word for spelling in _spellings(written) for word in _usable(spelling)]
    names = {name for spelling in _spellings(written) for name in _names(_usable(spelling))}
    particles = {word for word in tokens if word in _PARTICLES}
    return Parts(frozenset(names), frozenset(particles), frozenset(() if names or particles else tokens))


def _names(tokens: Sequence[str]) -> Iterator[str]:
    """A name's words that tell, and neighbours joined: O Brien is OBrien, and Smith Jones is Smith-Jones."""
    for start in range(len(tokens)):
        for end in range(start + 1, min(start + _MOST_JOINED, len(tokens)) + 1):
            some = tokens[start:end]
            if any(len(word) > 1 and word not in _PARTICLES for word in some):
                name = _MAC.sub("mc", "".join(some))
                yield name
                if match := _PREFIXED.fullmatch(name):
                    yield next(filter(None, match.groups()))


def _share(name: Parts, other: Parts) -> bool:
    """Whether two names have one in common. A name of which there is only an initial agrees with what begins so."""
    if name.names & other.names or name.initials & other.initials:
        return True
    return _agrees(name, other) or _agrees(other, name)


def _agrees(short: Parts, whole: Parts) -> bool:
    """Whether a name of nothing but particles or initials is in another, or begins it."""
    if short.names:
        return False
    known = whole.names | whole.particles
    return bool(short.particles & known) or any(
        name.startswith(initial) for initial in short.initials for name in known
    )


def _usable(tokens: Sequence[str]) -> list[str]:
    """A name's words without titles and what may follow a name, unless there is nothing else."""
    return [word for word in tokens if word not in _NOT_NAMES] or list(tokens)


def _spellings(written: str) -> Iterator[list[str]]:
    """A name's words, by each way of writing the letters that not everybody has: Muller and Mueller for Müller."""
    plain = _tokenise(written)
    yield plain
    spelled_out = _tokenise(unicodedata.normalize("NFC", written).translate(_SPELLED_OUT))
    if spelled_out != plain:
        yield spelled_out


def _tokenise(written: str) -> list[str]:
    """The runs of letters in a text, small and plain. Every kind of apostrophe ends one; what is unseen does not."""
    # Not `fold_name`, which makes one of a whole name and keeps other scripts' vowel signs: here parts are compared.
    bare = unicodedata.normalize("NFKD", plain_letters(written)).casefold()
    return _LETTERS.findall("".join(c for c in bare if unicodedata.category(c) not in _UNSEEN))


_LETTERS = re.compile(r"[^\W\d_]+")
_UNSEEN = frozenset(("Mn", "Mc", "Me", "Cf"))
_MOST_JOINED = 4
_FEWEST_BEGINNING = 3
_MAC = re.compile(r"^mac(?=[a-z]{3})")
# D'Souza, al-Sayed and Abdul Rahman written as one word. Hardly another surname begins so with as much behind it.
_PREFIXED = re.compile(r"d([bcfgjklmnpqstvxz][a-z]{3,})|(?:al|el)([a-z]{5,})|abd(?:[aeu][a-z])([a-z]{5,})")

_SPELLED_OUT = str.maketrans(
    {
        "ä": "ae", "Ä": "ae", "ö": "oe", "Ö": "oe", "ø": "oe", "Ø": "oe", "ü": "ue", "Ü": "ue", "å": "aa", "Å": "aa",
        "ñ": "ny", "Ñ": "ny", "đ": "dj", "Đ": "dj", "ş": "sh", "Ş": "sh", "š": "sh", "Š": "sh", "č": "ch", "Č": "ch",
        "ç": "ch", "Ç": "ch", "ž": "zh", "Ž": "zh",
    }
)  # fmt: skip

_PARTICLES = frozenset(
    (
        "ab", "abd", "abdel", "abdul", "abu", "ad", "al", "an", "ap", "ar", "as", "at", "az", "ben", "bin",
        "bint", "binti", "da", "das", "de", "del", "dela", "della", "den", "der", "des", "di", "do", "dos",
        "du", "el", "fitz", "ibn", "la", "las", "le", "les", "los", "mac", "mc", "saint", "san", "sant",
        "santa", "santo", "st", "te", "ten", "ter", "tot", "van", "vander", "vom", "von", "zu", "zum", "zur",
    )
)  # fmt: skip
"""Words that stand before a surname or inside it: to share one of these alone is not to share a surname."""

_NOT_NAMES = frozenset(
    (
        "aka", "as", "born", "dame", "doctor", "dr", "esq", "fka", "formerly", "ii", "iii", "iv", "jnr", "jr",
        "junior", "known", "lady", "lord", "master", "miss", "mr", "mrs", "ms", "mstr", "mx", "nee", "prof",
        "professor", "rev", "revd", "reverend", "senior", "sir", "snr", "sr",
    )
)  # fmt: skip
"""Words beside a name that are none of it."""
