"""What a text costs, and how to keep it cheap.

A text made of GSM-7 characters holds 160 of them, or 153 in each part when it is split; one character from outside
that alphabet moves the whole text to UCS-2, where the numbers are 70 and 67. Word processors are the usual source
of such characters, so `clean` swaps them for plain ones and says which. Letters that belong to a language, Welsh
among them, are not swapped in what staff write. In names that are filled in, `in_plain_letters` swaps them where they
would cost more.

Source of the sizes: 3GPP TS 23.038 and Twilio's rules (text-messages#sizes).
"""

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum

from integrations.messaging.letters import plain_letters

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

    `units` are septets in GSM-7 and 16-bit units in UCS-2. An empty text has no fragments.
    """

    encoding: Encoding
    units: int
    fragments: int


@dataclass(frozen=True, slots=True)
class Cleaned:
    """A text made plain. `replaced` has each (character, what stands for it now) once, in order of first sight."""

    text: str
    replaced: tuple[tuple[str, str], ...]

    @property
    def told(self) -> tuple[str, ...]:
        """The same for staff, a sentence each: what cannot be seen is named and not shown."""
        return tuple(dict.fromkeys(_describe(character, plain) for character, plain in self.replaced))


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
        return Measure(encoding, units, 1 if units else 0)
    return Measure(encoding, units, _parts(widths, _IN_PART[encoding]))


def outside_gsm(text: str) -> tuple[str, ...]:
    """The characters that move a text to UCS-2, once each, in order of first sight."""
    return tuple(dict.fromkeys(c for c in text if c not in _BASIC and c not in _EXTENSION))


def in_plain_letters(text: str) -> str:
    """The text with the nearest plain letters in place of those that move it to UCS-2: "Pawel" for "Paweł".

    Letters of the cheap alphabet stay, such as é and ø, and so does everything that has no plain letter near it.
    """
    if text.isascii():
        return text
    return "".join(c if c in _BASIC or c in _EXTENSION else plain_letters(c) for c in _compose(text))


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


def _parts(widths: list[int], room: int) -> int:
    """How many parts of `room` units the characters need."""
    parts, left = 1, room
    for width in widths:
        if width > left:
            parts, left = parts + 1, room
        left -= width
    return parts


# By code point, because most of these look like something else, or like nothing.
_SINGLE_QUOTES = "\u2018\u2019\u201a\u201b\u2032\u2035\u2039\u203a\u00b4\u0060\u02b9\u02bc\uff07"
_DOUBLE_QUOTES = "\u201c\u201d\u201e\u201f\u2033\u2036\u00ab\u00bb\u02ba\uff02"
_DASHES = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u2e3a\u2e3b\ufe58\ufe63\uff0d"
# The last two are where Word's symbol font keeps its bullets.
_BULLETS = "\u2022\u2023\u2043\u2219\u25aa\u25ab\u25cf\u25cb\u25e6\u00b7\uf0b7\uf0a7"
_SPACES = "\t\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"
_LINE_ENDS = "\v\f\u0085\u2028\u2029"
# Soft hyphen, zero-width and direction marks, byte order mark, and the place of a pasted picture.
_UNSEEN = (
    "\u00ad\u180e\u200b\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2061\u2062\u2063\u2064"
    "\u2066\u2067\u2068\u2069\u206a\u206b\u206c\u206d\u206e\u206f\ufeff\ufff9\ufffa\ufffb\ufffc"
)
_PLAIN: dict[str, str] = {
    **dict.fromkeys(_SINGLE_QUOTES, "'"),
    **dict.fromkeys(_DOUBLE_QUOTES, '"'),
    **dict.fromkeys(_DASHES + _BULLETS, "-"),
    **dict.fromkeys(_SPACES, " "),
    **dict.fromkeys(_LINE_ENDS, "\n"),
    **dict.fromkeys(_UNSEEN, ""),
    "\u2024": ".",
    "\u2025": "..",
    "\u2026": "...",
    "\u2044": "/",
    "\u2215": "/",
}

# Joiners hold emoji together and spell words of Persian and of India's languages. Between anything else they are dirt.
_STRAY_JOINERS = re.compile("(?<![^\u0000-\u036f])[\u200c\u200d]+|[\u200c\u200d]+(?![^\u0000-\u036f])")


def clean(text: str) -> Cleaned:
    """Swap typographic characters for plain ones and drop the invisible ones.

    Line ends become a bare line feed and accents are joined to their letters without being reported: browsers make
    the first of every text, and to Unicode the second are the same text. Nothing else changes unreported.
    """
    replaced: dict[str, str] = {}

    def plain(character: str) -> str:
        swapped = _plain(character)
        if swapped != character:
            replaced.setdefault(character, swapped)
        return swapped

    def drop(joiners: re.Match[str]) -> str:
        replaced.update(dict.fromkeys(joiners.group(), ""))
        return ""

    joined = _compose(text.replace("\r\n", "\n").replace("\r", "\n"))
    # What was dropped may have stood between a letter and its accent: hence once more, and again.
    swapped = _compose("".join(map(plain, joined)))
    return Cleaned(_compose(_STRAY_JOINERS.sub(drop, swapped)), tuple(replaced.items()))


def _compose(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def _plain(character: str) -> str:
    """What stands for a character in a text. Control characters and halves of surrogate pairs go."""
    known = _PLAIN.get(character)
    if known is not None:
        return known
    is_lost = unicodedata.category(character) in ("Cc", "Cs") and character != "\n"
    return "" if is_lost else character


def _describe(character: str, plain: str) -> str:
    if plain == "":
        return "We took out a hidden character."
    if plain == "\n":
        return "We changed an unusual line end to a plain one."
    if plain == " ":
        return "We changed an unusual space to a plain one."
    return f"We changed {character} to {plain}"
