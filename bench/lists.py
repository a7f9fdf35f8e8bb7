"""Made-up patient lists as SystmOne exports them, as large as wanted.

Everybody in them is invented: the NHS numbers are of the 999 range, which nobody has, and the phone numbers are random
digits that are checked and never called.
"""

import random
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from itertools import product

HEADER = "Title,First name,Surname,Date of birth,NHS number,Telecom number,Patient count"
TODAY = date(2026, 6, 15)

_TITLES = ("Mr", "Mrs", "Miss", "Ms", "Dr")
_FIRST = [
    first + last
    for first, last in product(
        ("Al", "Be", "Car", "Da", "El", "Fa", "Ga", "Ha", "Is", "Jo", "Ka", "Le", "Ma", "Na", "Ol"),
        ("ma", "na", "rick", "shan", "lia", "seph", "vid", "rah", "een", "mir", "ther", "bel", "ton", "ya"),
    )
]
_SURNAMES = [
    "".join(parts)
    for parts in product(
        ("Ash", "Brad", "Cole", "Dun", "Ever", "Fair", "Green", "Hart", "Ing", "Kirk", "Lang", "Mar", "New", "Pat"),
        ("", "ing", "er", "en", "al"),
        ("ton", "ley", "man", "son", "field", "ham", "well", "wood", "by", "el", "sham", "ford", "stead", "worth"),
    )
]
_ODD_SURNAMES = ("O'Brien", "Smith-Jones", "de la Cruz", "D'Arcy", "St. John", "Müller", "Núñez", "van Dyk")
_BLOCKS = ("7400", "7415", "7470", "7501", "7590", "7712", "7788", "7801", "7855", "7904", "7946", "7985")

BAD_PHONES = (
    "0113 496 0000",
    "020 7946 0123",
    "07700 9001",
    "070 1234 5678",
    "0901 234 5678",
    "+353 87 123 4567",
    "+1 212 555 0100",
    "07612 345678",
    "0300 123 4567",
    "0800 111 1111",
    "074001234567",
    "O7400 123456",
    "unknown",
    "",
)
ODD_PHONES = (
    "(07400) 123456",
    "0044 7400 123456",
    "+44 (0)7400 123456",
    "7400123456",
    "07400-123-456",
    "\u202a+44 7400\u00a0123456\u202c",
)


def nhs_number(stem: int) -> str | None:
    """The NHS number with these first nine digits, or None when it has no check digit."""
    digits = f"{stem:09}"
    check = -sum(weight * int(digit) for weight, digit in zip(range(10, 1, -1), digits, strict=True)) % 11
    return None if check == 10 else f"{digits}{check}"


def _mobile(chance: random.Random) -> str:
    number = f"{chance.choice(_BLOCKS)}{chance.randrange(1_000_000):06}"
    way = chance.random()
    if way < 0.85:
        return f"0{number}"
    if way < 0.93:
        return f"0{number[:4]} {number[4:]}"
    if way < 0.98:
        return f"+44{number}"
    return f"+44 {number[:4]} {number[4:]}" if way < 0.995 else number


def _surname(chance: random.Random) -> str:
    return chance.choice(_ODD_SURNAMES) if chance.random() < 0.03 else chance.choice(_SURNAMES)


def _born(chance: random.Random) -> str:
    return f"{TODAY - timedelta(days=chance.randrange(17 * 366, 98 * 365)):%d-%b-%Y}"


def _spoilt(chance: random.Random, born: str, number: str, mobile: str) -> tuple[str, str, str]:
    """One of the three values made wrong, in the ways that real lists are."""
    match chance.randrange(5):
        case 0:
            return born, f"{number[:-1]}{(int(number[-1]) + 1) % 10}", mobile
        case 1:
            return f"31-Feb-{born[-4:]}", number, mobile
        case 2:
            return born, number, ""
        case 3:
            return born, number, mobile[:-2]
        case _:
            return born, number, f"0113 496 {chance.randrange(10_000):04}"


def systmone(rows: int, phone: Callable[[random.Random], str] = _mobile, bad: float = 0.05, seed: int = 1) -> bytes:
    """A list of so many adults, each once, of which the share `bad` cannot be sent."""
    chance = random.Random(seed)  # noqa: S311 - made-up people need no secrecy
    lines = [HEADER]
    stems = iter(chance.sample(range(999_000_000, 1_000_000_000), rows + rows // 5 + 20))
    while len(lines) <= rows:
        number = nhs_number(next(stems))
        if number is None:
            continue
        born, mobile = _born(chance), phone(chance)
        if chance.random() < bad:
            born, number, mobile = _spoilt(chance, born, number, mobile)
        first = chance.choice(_FIRST)
        lines.append(f"{chance.choice(_TITLES)},{first},{_surname(chance)},{born},{number},{mobile},1")
    return "\r\n".join([*lines, ""]).encode()


def with_phones(rows: int, phones: Sequence[str]) -> bytes:
    """A list in which every phone number is one of these."""
    return systmone(rows, phone=lambda chance: chance.choice(phones), bad=0)
