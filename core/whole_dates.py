"""A whole date in one box of three, as people paste it and phones fill it in; or two parts of it in one box.

Only its parts are told apart here; what they mean is for `date_boxes`. Numbers are read day first, or year first as in
ISO 8601. Month first is never tried: a date that is so written is refused there, and one that could be either is not.
"""

import re
from collections.abc import Mapping
from typing import NamedTuple

LONGEST = 60
"""Characters. What is longer is no date."""

ORDINALS = re.compile(
    # English, Welsh, French, Dutch, Polish; Spanish, Portuguese and Italian, with raised letters or without.
    r"(?<=\d)\s*(?:st|nd|rd|th|af|il|ydd|fed|ed|eg|ain|er|ere|eme|e|ste|de|tego|ego|go|o|a|[\u00ba\u00aa\u00b0])(?!\w)",
    re.IGNORECASE,
)
_CLOCK = re.compile(r"(?<=\d)(?:T| )\d{1,2}:\d{2}.*$", re.IGNORECASE)
_BETWEEN = re.compile(r"[\s./,;\\|_\u2010-\u2015\u2212-]+")
_BORDER = re.compile(r"(?<=\d)(?=[^\d\s])|(?<=[^\d\s])(?=\d)")
_TWO_NUMBERS = re.compile(r"\s*\d+\s+\d+\s*")
_PARTICLES = frozenset(["of", "the", "de", "del", "di", "da", "do", "an", "mi"])
"""Between the parts, as in 17 de junio de 1948; so are single letters, as in 1948 m. birželio 17 d."""
_WEEKDAY = re.compile(r"(?:mon|tues?|wed(?:nes)?|thu(?:rs?)?|fri|sat(?:ur)?|sun)(?:day)?", re.IGNORECASE)


class Parts(NamedTuple):
    """The parts of one date, as written."""

    day: str
    month: str
    year: str


def whole(written: str) -> Parts | None:
    """The parts of a whole date, in plain digits; None for anything else."""
    if len(written) > LONGEST:
        return None
    tokens = _tokens(_CLOCK.sub("", written))
    if len(tokens) == 1 and tokens[0].isdecimal():
        return _run_together(tokens[0])
    return _in_order(tokens)


def spread(written: Mapping[str, str]) -> Parts | None:
    """The parts of a date of which one box holds two and another none, as in 17/06 and 1948; None for anything else.

    Two numbers with nothing but a space in between may be one number with a slip, and are not taken apart.
    """
    if any(len(text) > LONGEST or _TWO_NUMBERS.fullmatch(text) for text in written.values()):
        return None
    tokens = [_tokens(text) for text in written.values()]
    if sorted(map(len, tokens)) != [0, 1, 2]:
        return None
    return _in_order([token for mine in tokens for token in mine])


def _tokens(written: str) -> list[str]:
    apart = _BORDER.sub(" ", ORDINALS.sub(" ", written))
    tokens = [token for token in _BETWEEN.split(apart) if token]
    return [token for token in tokens if token.isdecimal() or not _means_nothing(token)]


def _means_nothing(token: str) -> bool:
    return len(token) == 1 or token.casefold() in _PARTICLES or _WEEKDAY.fullmatch(token) is not None


def _in_order(tokens: list[str]) -> Parts | None:
    """Three parts in one of the orders in which dates are written."""
    if len(tokens) != 3:
        return None
    first, second, third = tokens
    match [token.isdecimal() for token in tokens]:
        case [True, _, True] if len(first) == 4:
            return Parts(third, second, first)
        case [True, _, True]:
            return Parts(first, second, third)
        case [False, True, True]:
            return Parts(second, first, third)
    return None


def _run_together(digits: str) -> Parts | None:
    """17061948, or 19480617: in 1900 to 2099 no eight digits can be both, as there is no month 19 or 20."""
    if len(digits) != 8:
        return None
    if digits[4:6] in ("19", "20"):
        return Parts(digits[:2], digits[2:4], digits[4:])
    if digits[:2] in ("19", "20"):
        return Parts(digits[6:], digits[4:6], digits[:4])
    return Parts(digits[:2], digits[2:4], digits[4:])
