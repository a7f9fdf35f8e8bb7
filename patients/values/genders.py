"""A patient's gender as lists write it, in the words of records: only what is surely one is compared with them."""

from typing import Any

from patients.columns.word_lists import VOCABULARY, folded

_GENDERS: dict[str, Any] = VOCABULARY["genders"]
_BY_WORD = {folded(word): gender for gender, words in _GENDERS.items() for word in words}
KNOWN = frozenset(_GENDERS)
"""The administrative genders that can differ: not known, and not said, differ from nothing."""


def read_gender(written: str) -> str:
    """One of `KNOWN`, or empty for a cell that says none of them."""
    return _BY_WORD.get(folded(written[:40]), "")
