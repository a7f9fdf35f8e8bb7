"""Names whose letters were damaged on their way: a line in another encoding than its file, or letters encoded twice.

"Jesús" becomes "JesÃºs" where UTF-8 is taken for Windows-1252. Turning that back gives well-formed UTF-8 only if that
is what happened, so the right name is certain. Where it is not, there is no name.
"""

import re
from functools import lru_cache

_CODECS = ("cp1252", "cp1250", "mac_roman", "cp850")
"""What UTF-8 is taken for: by Windows in the west and in the middle of Europe, on a Mac, and by MS-DOS."""

_LEADS = (0xC2, 0xC3, 0xC4, 0xC5, 0xC6, 0xC8, 0xCC, 0xE1, 0xE2)
"""Bytes that the letters of names in Latin letters begin with in UTF-8."""

_TWICE = re.compile(f"[{''.join(bytes(_LEADS).decode(codec) for codec in _CODECS)}][^\0-\x7f]{{1,11}}")
_STRAY_BYTE = re.compile("[\udc80-\udcff]")
_USUAL = re.compile("[\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u00fe\u0152\u0153\u0160\u0161\u017d\u017e]")
_WINDOWS_PUNCTUATION = {"\u2018": "'", "\u2019": "\u2019", "\u2013": "-", "\u2014": "-", "\u00a0": " ", "\u00b4": "'"}
_LONGEST_MENDED = 250
_TIMES = 3
"""As often may letters have been encoded again."""

_LETTERS = re.compile(
    "[\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u017f\u01a0\u01a1\u01af\u01b0\u0218-\u021b\u0300-\u0328\u1e00-\u1eff"
    "\u2018\u2019\u2013\u00a0\u00b4]+"
)
"""Letters, accents and marks of names in Latin letters."""

# Signs that letters turn into, and that stand in no name.
_SIGN_OF_DAMAGE = re.compile(
    "[\ufffd\ud800-\udfff\u0080-\u009f\u00a1-\u00a9\u00ab-\u00b3\u00b5-\u00b9\u00bb-\u00bf"
    "\u00d7\u00f7\u0192\u02c6\u02dc\u2020-\u2022\u2026\u2030\u203a\u20ac\u2122\u2202-\u25ff]"
    r"|[^\W\d_]\?[^\W\d_]"
    "|[a-z][\u0152\u0160\u0178\u017d]|[A-Z][\u0152\u0160\u0178\u017d][a-z]"
    # Quotation marks where no quotation begins or ends.
    r"|[^\W\d_](?:\u2018(?![A-Z])|[\u201a\u201c\u201e])|^[^\"\u201c\u201e]*[^\W\d_]\u201d"
)


def mended(written: str) -> str | None:
    """A name with its letters put right; None where they are damaged and nobody can tell what they were.

    A name that is whole comes back as it is.
    """
    if written.isascii() and "?" not in written:
        return written
    text = written
    if _STRAY_BYTE.search(text):
        text = _STRAY_BYTE.sub(_from_windows, text)
    for _ in range(_TIMES if len(text) <= _LONGEST_MENDED else 0):
        text = _TWICE.sub(_decoded, text)
    return None if _SIGN_OF_DAMAGE.search(text) else text


def _from_windows(match: re.Match[str]) -> str:
    """A byte that is no UTF-8, as Windows-1252 has it: kept as it is unless that is what may stand in a name.

    A small letter follows small letters, and a capital one capital letters or nothing.
    """
    try:
        character = bytes([ord(match[0]) - 0xDC00]).decode("cp1252")
    except UnicodeDecodeError:
        return match[0]
    if character in _WINDOWS_PUNCTUATION:
        return _WINDOWS_PUNCTUATION[character]
    before = match.string[match.start() - 1 : match.start()]
    fits = _USUAL.fullmatch(character) and (character.islower() or not before.islower())
    return character if fits else match[0]


def _decoded(match: re.Match[str]) -> str:
    """Some characters above ASCII, with the letters that the first of them were before they were encoded twice."""
    text = match[0]
    for codec in _CODECS:
        first, second = _byte(text[0], codec), _byte(text[1], codec)
        if not (0xC2 <= first <= 0xF4 and 0x80 <= second <= 0xBF):
            continue
        for end in range(len(text), 1, -1):
            if letters := _as_utf8(text[:end], codec):
                return letters + text[end:]
    return text


@lru_cache(maxsize=4096)
def _byte(character: str, codec: str) -> int:
    """The byte of a character; -1 when it has none. The five that Windows leaves bare pass for control characters."""
    try:
        return character.encode("latin-1" if "\x80" <= character <= "\x9f" else codec)[0]
    except UnicodeEncodeError:
        return -1


def _as_utf8(text: str, codec: str, times: int = _TIMES) -> str:
    """The letters that UTF-8 makes of a text's bytes; empty when it makes none, or others than a name has."""
    try:
        letters = bytes(_byte(character, codec) for character in text).decode("utf-8")
    except ValueError:
        return ""
    if _LETTERS.fullmatch(letters):
        return letters
    return _as_utf8(letters, codec, times - 1) if times > 1 and len(letters) > 1 else ""
