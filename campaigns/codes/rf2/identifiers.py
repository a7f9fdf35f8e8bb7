"""SNOMED CT identifiers, checked by the million: form, partition and Verhoeff check digit (snomed-ct#identifiers).

The same rule as `campaigns.models.validate_concept_id`, which says to a person what is wrong with one id. A release
has millions; here each costs about a microsecond.
"""

from collections.abc import Collection
from itertools import accumulate, repeat

CONCEPT_PARTITIONS = frozenset({"00", "10"})
DESCRIPTION_PARTITIONS = frozenset({"01", "11"})

_FIRST_SHUFFLE = (1, 5, 7, 6, 2, 8, 3, 0, 9, 4)


def _turned(held: int, digit: int) -> int:
    """The product of two of the ten ways to lay a pentagon on itself: 0 to 4 are turns, 5 to 9 are turned over."""
    turn = held + digit if held < 5 else held - digit
    return turn % 5 + (5 if (held < 5) is (digit >= 5) else 0)


def _shuffled(digits: tuple[int, ...], _: object) -> tuple[int, ...]:
    return tuple(_FIRST_SHUFFLE[digit] for digit in digits)


# For each place from the right (they repeat after eight): what is held, by the digit's code point.
_STEPS = [
    [{ord(str(digit)): _turned(held, shuffle[digit]) for digit in range(10)} for held in range(10)]
    for shuffle in accumulate(repeat(None, 7), _shuffled, initial=tuple(range(10)))
]
_PLACES = [_STEPS[place % 8] for place in range(18)]


def is_identifier(text: str, partitions: Collection[str]) -> bool:
    """Whether this is a SNOMED CT id of one of these partitions, its check digit included."""
    if not (6 <= len(text) <= 18 and text.isascii() and text.isdigit()):
        return False
    if text[0] == "0" or text[-3:-1] not in partitions:
        return False
    held = 0
    for step, digit in zip(_PLACES, reversed(text.encode()), strict=False):
        held = step[held][digit]
    return held == 0
