"""Names as they are compared: what people and systems write in different ways for the same name makes no difference."""

import unicodedata

from integrations.messaging.letters import plain_letters


def fold_name(written: str) -> str:
    """A name for comparison: small plain letters of the Latin alphabet, and nothing between them.

    Accents, letters without a plain form, apostrophes, hyphens, dots, spaces, invisible marks and case make no
    difference: "O'Brien", "O\u2019BRIEN" and "o brien" are all "obrien"; "Łukasz" is "lukasz". Letters of other
    alphabets, with their vowel signs, stay as they are. Empty when there is no letter and no digit.
    """
    return written.lower() if written.isascii() and written.isalpha() else _fold(written)


def _fold(written: str) -> str:
    plain = unicodedata.normalize("NFKD", plain_letters(unicodedata.normalize("NFKC", written)).casefold())
    # The accents of Europe's letters go. Marks of other scripts are their vowels, and count.
    return "".join(c for c in plain if c.isalnum() or (unicodedata.category(c) in ("Mc", "Mn") and c > "\u036f"))
