"""How names are spelled: without what cannot be seen, in their proper case, and nothing that is no name.

A name that passes is safe in a text: no web address and no code is one.
"""

import re
import unicodedata

from patients.names.encoding_repair import mended

LONGEST = 100
LONGEST_READ = 500
"""Longer than any name with all the spaces and invisible marks that may be around it."""

_INVISIBLE = frozenset(("Cc", "Cf", "Cs", "Co", "Cn"))
_SIGNS = str.maketrans(
    dict.fromkeys("\u2018\u201b\u2032\u00b4\u0060\uff07", "'")
    | dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212\uff0d", "-")
)
_BETWEEN = re.compile("([ '\u2019\u02bb\u02bc-]+)")
_TWO_CAPITALS = re.compile("(?!IJ)[A-Z]{2}[a-z]{2,}")
_MAC_IN_CAPITALS = re.compile("Ma?c[A-Z]{2,}")
_AFTER_APOSTROPHE = frozenset(("da", "de", "ja", "ke", "la", "le", "ra"))
# Letters of any script, with spaces, hyphens and apostrophes inside. A dot only ends an initial or "St.", so that
# no web address and no code can be put into a text by way of a name.
_GREETABLE = re.compile(r"[^\W\d_]+(?:\.(?=\s|$))?(?:[ '\u2019\u02bb\u02bc-]+[^\W\d_]+(?:\.(?=\s|$))?)*")


def clean_name(written: str) -> str:
    """A name as pages and texts may repeat it, or an empty string when it is not a name.

    Invisible characters go, spaces are joined, damaged letters are put right where it is certain how, and a name in
    capitals only, or without any, gets the usual ones.
    """
    if written.isalpha() and written.isascii() and written.istitle() and len(written) <= LONGEST:
        return written
    text = mended(written) if len(written) <= LONGEST_READ else None
    name = visible(text) if text is not None else ""
    return proper_case(name) if len(name) <= LONGEST and is_greetable(name) else ""


def visible(text: str) -> str:
    """A cell without invisible characters, with single spaces, and with usual apostrophes and hyphens."""
    if text.isascii() and text.isprintable():
        return " ".join(text.replace("`", "'").split())
    composed = unicodedata.normalize("NFC", text.translate(_SIGNS))
    shown = (
        "" if unicodedata.category(c) in _INVISIBLE and not c.isspace() else " " if c.isspace() else c for c in composed
    )
    return " ".join("".join(shown).split())


def is_greetable(name: str) -> bool:
    """Whether it is letters, with what may stand between and after them in a name."""
    if name.isascii():
        return _GREETABLE.fullmatch(name) is not None
    # Marks that have no composed form (as in many scripts' vowels) belong to the letter before them.
    letters = "".join(c for c in name if not unicodedata.combining(c) and unicodedata.category(c) != "Mc")
    return _GREETABLE.fullmatch(letters) is not None


def proper_case(name: str) -> str:
    """A name in its proper case. What has small and capital letters as names do stays as it is written."""
    parts = name.split(" ")
    if name.islower() or (name.isupper() and sum(map(str.isalpha, name)) > 1):
        return " ".join(map(_recased, parts))
    # Two capitals beside other names are initials.
    return " ".join(part if len(part) < 3 < len(name) else _proper_part(part) for part in parts)


def _proper_part(part: str) -> str:
    is_typed = part[1:].isupper() or _TWO_CAPITALS.fullmatch(part) or _MAC_IN_CAPITALS.fullmatch(part)
    return _recased(part) if is_typed else part


def _recased(name: str) -> str:
    """A name that was typed in one case: Asha, O'Neil, McDonald, Jean-Luc, IJsbrand."""
    pieces = _BETWEEN.split(name)
    is_turkish = any(letter in name for letter in "\u0130\u011e")
    for at in range(0, len(pieces), 2):
        piece, between = pieces[at], pieces[at - 1] if at else ""
        small = piece.translate({0x49: "\u0131", 0x130: "i"} if is_turkish else {0x130: "i"}).lower()
        before = pieces[at - 2].lower() if at else ""
        if between and between.strip(" -") and len(before) > 1 and before not in _AFTER_APOSTROPHE:
            pieces[at] = small
            continue
        first = piece[:1] if piece[:1].isupper() else piece[:1].title()
        if re.match("mc[a-z]{3}", small):
            pieces[at] = f"Mc{small[2].upper()}{small[3:]}"
        elif piece.startswith("IJ") and re.match("ij[b-df-hj-np-tv-xz]", small):
            pieces[at] = f"IJ{small[2:]}"
        else:
            pieces[at] = first + small[len(piece[:1]) :]
    return "".join(pieces)
