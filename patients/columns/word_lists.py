"""The headings and words of patient lists, as `word_lists.toml` has them, and how words are looked for in a text."""

import re
import tomllib
import unicodedata
from collections.abc import Iterable
from pathlib import Path
from typing import Any

VOCABULARY: dict[str, Any] = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
"""All of the file."""

_WORD = re.compile(r"[^\W_]+|[†✝✓✔√☑]")
_INSIDE_A_WORD = re.compile("['\u2018\u2019\u02bc`\u00b4]|(?<=\\b\\w)\\.(?=\\w\\b)")
_CAPITAL_INSIDE = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def folded(text: str) -> str:
    """A text's words in small letters with one space between them; "R.I.P." is "rip", and "don't" is "dont"."""
    plain = text if text.isascii() else unicodedata.normalize("NFKC", text)
    return " ".join(_WORD.findall(_INSIDE_A_WORD.sub("", plain).casefold()))


def split_heading(heading: str) -> list[str]:
    """The words of a heading, also of one that is written as one: "SmsOptOut", "sms_opt_out"."""
    return folded(_CAPITAL_INSIDE.sub(" ", heading)).split()


def pattern(phrases: Iterable[str], *, unless: Iterable[str] = ()) -> re.Pattern[str]:
    """Finds any of some phrases in a folded text, as whole words; not where a word of `unless` stands before it.

    A phrase that ends in a star goes on as it likes.
    """
    written = sorted(map(_expression, phrases), key=len, reverse=True)
    before = "".join(rf"(?<!\b{word} )" for word in unless)
    return re.compile(rf"{before}(?<!\S)(?:{'|'.join(written)})(?!\S)")


def _expression(phrase: str) -> str:
    whole = re.escape(folded(phrase.removesuffix("*")))
    return whole + r"\S*" if phrase.endswith("*") else whole
