"""The nearest plain letters to those of the Latin alphabet: "Pawel" for "Paweł", "Thora" for "Þóra".

A letter with an accent is the letter and the accent, and Unicode takes it apart. Letters with a stroke or a hook,
joined letters and a few others cannot be taken apart: those are spelled as passports spell them, but with as few
letters as it takes (ICAO Doc 9303, part 3, section 6). Other alphabets have no plain letters, and stay as they are.
"""

import re
import unicodedata
from functools import cache

# ruff: noqa: RUF001 - letters that look like others are what this is about
_LIKE = {
    "a": "ɑ", "d": "ðɖ", "e": "əǝɛ", "g": "ɡɣᵹ", "h": "ɥ", "hv": "ƕ", "i": "ıɩɪ", "j": "ȷ", "k": "ĸ", "ll": "ỻ",
    "n": "ŋ", "o": "ɔɵ", "r": "ʀ", "s": "ʃƨ", "ss": "ß", "th": "þꝥꝧ", "u": "ʊʉɯ", "v": "ʌỽ", "w": "ƿ", "y": "ȝ",
    "z": "ʒ",
}  # fmt: skip
_WHOLE = {letter: plain for plain, letters in _LIKE.items() for letter in letters}
"""Letters whose names in Unicode do not say which plain letter they are nearest to, in small."""

_APOSTROPHES = dict.fromkeys("\u02b9\u02bb\u02bc\u02bd\u02be\u02bf\u02c8\ua78b\ua78c", "'")
"""Letters that are written as apostrophes are, such as the okina of Hawaii and the ayn of Arabic in Latin letters."""

_NAMED = re.compile(r"LATIN (?:SMALL|CAPITAL) (?:LETTER|LIGATURE) ([A-Z]{1,2})(?: WITH .+)?")
_LATIN = re.compile(
    "[\u00aa\u00ba\u00c0-\u02af\u02b9-\u02c8\u1d00-\u1dbf\u1e00-\u1eff\u2c60-\u2c7f\ua720-\ua7ff\ufb00-\ufb06\uff21-\uff5a]"
)
_ACCENTS = re.compile("[\u0300-\u036f]")


def plain_letters(text: str) -> str:
    """The text with the nearest plain letter, or two, in place of each Latin letter that is not plain.

    What is no Latin letter stays, so the result may still hold characters that are not ASCII. Doing it twice changes
    nothing more.
    """
    if text.isascii():
        return text
    return _ACCENTS.sub("", _LATIN.sub(lambda match: _plain(match[0]), unicodedata.normalize("NFC", text)))


@cache
def _plain(letter: str) -> str:
    """What stands for one Latin letter; itself, where nothing is near."""
    apart = unicodedata.normalize("NFKD", letter).replace("\u00b7", "")
    base = "".join(c for c in apart if not unicodedata.combining(c))
    return "".join(map(_nearest, base)) if base else letter


def _nearest(letter: str) -> str:
    """The same for a letter without an accent."""
    if letter.isascii():
        return letter
    small = letter.lower()
    replacement = _WHOLE.get(small) or _APOSTROPHES.get(letter, "")
    if not replacement and (named := _NAMED.fullmatch(unicodedata.name(letter, ""))):
        replacement = named[1].lower()
    return replacement.capitalize() if letter != small else replacement or letter
