"""Names as a greeting may use them. What was written stays with the row; this is what a text says."""

import re
import unicodedata
from functools import lru_cache

_LONGEST = 100
_LONGEST_READ = 500
"""Longer than any name with all the spaces and invisible marks that may be around it."""

_TITLES = frozenset(
    ("mr", "mrs", "ms", "miss", "mx", "dr", "prof", "professor", "rev", "revd", "reverend", "master", "sir", "dame")
)
_TITLE_AT_END = re.compile(r"\([^()]{0,20}\)\s*$")
# Letters of any script, with spaces, hyphens and apostrophes inside. A dot only ends an initial or "St.", so that
# no web address and no code can be put into a text by way of a name.
_GREETABLE = re.compile(r"[^\W\d_]+(?:\.(?=\s|$))?(?:[ '\u2019\u02bc-]+[^\W\d_]+(?:\.(?=\s|$))?)*")


def clean_name(written: str) -> str:
    """A name ready for a greeting, or an empty string when it is not a name that a text should repeat.

    Invisible characters go, spaces are joined, and a name in capitals only gets small letters.
    """
    if written.isalpha() and written.isascii() and not written.isupper() and len(written) <= _LONGEST:
        return written  # one word of plain letters, as nearly all names are
    return _clean(written) if len(written) <= _LONGEST_READ else ""


@lru_cache(maxsize=4096)  # long enough for the common names, short enough to be nothing beside the rest
def _clean(written: str) -> str:
    visible = "".join(
        " " if c.isspace() else c for c in unicodedata.normalize("NFC", written) if c.isspace() or _is_visible(c)
    )
    name = " ".join(visible.split())
    # Marks that have no composed form (as in many scripts' vowels) belong to the letter before them.
    letters = "".join(c for c in name if not unicodedata.combining(c) and unicodedata.category(c) != "Mc")
    if not _GREETABLE.fullmatch(letters):
        return ""
    if name.isupper() and len(name) > 1:
        name = name.title()
    return name if len(name) <= _LONGEST else ""


def split_name(written: str) -> tuple[str, str]:
    """Given and family name out of one cell: "Joe Bloggs", "Mr Joe Bloggs" or "BLOGGS, Joe (Mr)"; both cleaned.

    One word alone is taken as the given name; of several, the first is.
    """
    without_title = _TITLE_AT_END.sub("", written) if ")" in written else written
    family, comma, rest = without_title.partition(",")
    words = (rest if comma else without_title).split()
    while len(words) > 1 and words[0].rstrip(".").casefold() in _TITLES:
        del words[0]
    given = words[0] if words else ""
    return clean_name(given), clean_name(family if comma else " ".join(words[1:]))


def _is_visible(character: str) -> bool:
    return unicodedata.category(character) not in {"Cc", "Cf", "Cs", "Co", "Cn"}
