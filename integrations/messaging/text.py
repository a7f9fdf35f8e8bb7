"""What a text costs, and how to keep it cheap.

A text made of GSM-7 characters holds 160 of them, or 153 in each part when it is split; one character from outside
that alphabet moves the whole text to UCS-2, where the numbers are 70 and 67. Word processors are the usual source
of such characters, so `clean` swaps them for plain ones and says which. Letters that belong to a language, Welsh
among them, are never swapped: a name spelled wrongly costs more than a fragment.

Source of the sizes: 3GPP TS 23.038 and Twilio's rules (wire 12.5).
"""

import unicodedata
from dataclasses import dataclass
from enum import StrEnum

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
# Reached through an escape, so each takes two places.
_EXTENSION = frozenset("\f^{}\\[~]|€")


class Encoding(StrEnum):
    """The two alphabets a text can travel in."""

    GSM7 = "GSM-7"
    UCS2 = "UCS-2"


_ALONE = {Encoding.GSM7: 160, Encoding.UCS2: 70}
_IN_PART = {Encoding.GSM7: 153, Encoding.UCS2: 67}


@dataclass(frozen=True, slots=True)
class Measure:
    """The size of one text.

    `units` are septets in GSM-7 and 16-bit units in UCS-2. `left_in_fragment` is how many more units fit before the
    provider charges for another fragment. An empty text has no fragments.
    """

    encoding: Encoding
    units: int
    fragments: int
    left_in_fragment: int


@dataclass(frozen=True, slots=True)
class Cleaned:
    """A text made plain. `replaced` has each (character, what stands for it now) once, in order of first sight."""

    text: str
    replaced: tuple[tuple[str, str], ...]


def measure(text: str) -> Measure:
    """Measure a text as the provider will charge for it. A character of two units is never cut across two parts."""
    widths = _gsm_widths(text)
    if widths is None:
        encoding, widths = Encoding.UCS2, [2 if ord(character) > 0xFFFF else 1 for character in text]
    else:
        encoding = Encoding.GSM7
    units = sum(widths)
    alone = _ALONE[encoding]
    if units <= alone:
        return Measure(encoding, units, 1 if units else 0, alone - units)
    parts, left = _split(widths, _IN_PART[encoding])
    return Measure(encoding, units, parts, left)


def _gsm_widths(text: str) -> list[int] | None:
    """Septets of each character, or None when one of them is outside GSM-7."""
    widths = []
    for character in text:
        if character in _BASIC:
            widths.append(1)
        elif character in _EXTENSION:
            widths.append(2)
        else:
            return None
    return widths


def _split(widths: list[int], room: int) -> tuple[int, int]:
    """How many parts of `room` units the characters need, and what is left in the last."""
    parts, left = 1, room
    for width in widths:
        if width > left:
            parts, left = parts + 1, room
        left -= width
    return parts, left


# By code point, because most of these look like something else, or like nothing.
_SINGLE_QUOTES = "\u2018\u2019\u201a\u201b\u2032\u00b4\u0060\u02bc"
_DOUBLE_QUOTES = "\u201c\u201d\u201e\u201f\u2033\u00ab\u00bb"
_DASHES_AND_BULLET = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u2022"
_SPACES = "\t\u00a0\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"
_LINE_ENDS = "\v\f\u0085\u2028\u2029"
# Soft hyphen, zero-width and direction marks, byte order mark.
_UNSEEN = (
    "\u00ad\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e"
    "\u2060\u2061\u2062\u2063\u2064\u2066\u2067\u2068\u2069\ufeff"
)
_PLAIN: dict[str, str] = {
    **dict.fromkeys(_SINGLE_QUOTES, "'"),
    **dict.fromkeys(_DOUBLE_QUOTES, '"'),
    **dict.fromkeys(_DASHES_AND_BULLET, "-"),
    **dict.fromkeys(_SPACES, " "),
    **dict.fromkeys(_LINE_ENDS, "\n"),
    **dict.fromkeys(_UNSEEN, ""),
    "\u2026": "...",
}


def clean(text: str) -> Cleaned:
    """Swap typographic characters for plain ones and drop the invisible ones.

    Line ends become a bare line feed and accents are joined to their letters without being reported: neither changes
    what the writer sees.
    """
    joined = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
    replaced: dict[str, str] = {}
    characters = []
    for character in joined:
        plain = _plain(character)
        if plain != character:
            replaced.setdefault(character, plain)
        characters.append(plain)
    return Cleaned("".join(characters), tuple(replaced.items()))


def _plain(character: str) -> str:
    """What stands for a character in a text."""
    known = _PLAIN.get(character)
    if known is not None:
        return known
    is_control = unicodedata.category(character) == "Cc" and character != "\n"
    return "" if is_control else character
