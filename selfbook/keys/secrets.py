"""Secrets at rest: which key opens each, and moving all of them to the newest.

Nothing here says what a secret is: places, counts and numbers of keys alone. Keys are numbered as the setting has them,
from 1, which is the newest.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings
from django.db import transaction

from selfbook.keys.places import FactorPlace, Place, places, remove, replace, values

CHUNK = 200
"""Rows that are read at a time, and moved in one transaction."""

NO_KEY = 0
"""The number of no key: none of them opens the secret."""


@dataclass
class Usage:
    """How many secrets of a place each key opens, by its number."""

    place: Place
    by_key: Counter[int] = field(default_factory=Counter)

    @property
    def unreadable(self) -> int:
        """How many no key opens."""
        return self.by_key[NO_KEY]

    @property
    def name(self) -> str:
        """The table and its column."""
        return f"{self.place.table}.{self.place.column}"


def usage() -> list[Usage]:
    """What every place holds. Nothing is changed."""
    number_of = _numbers()
    counted = []
    for place in places():
        used = Usage(place)
        for rows in values(place, CHUNK):
            used.by_key.update(number_of(secret) for _, stored in rows for secret in place.secrets_in(stored))
        counted.append(used)
    return counted


def move_to_newest() -> int:
    """Encrypt everything anew that another key than the newest opens; how many rows were written.

    Each row is written only if it is still as it was read: what a page saves meanwhile stays. It may be broken off and
    begun again at any time: what is with the newest key already is passed over, and what no key opens is left.
    """
    number_of, moved = _numbers(), 0
    newest = Fernet(settings.FIELD_ENCRYPTION_KEYS[0])
    openers = [Fernet(key) for key in settings.FIELD_ENCRYPTION_KEYS]

    def anew(secret: str) -> str:
        number = number_of(secret)
        if number in (NO_KEY, 1):
            return secret
        return newest.encrypt(openers[number - 1].decrypt(secret.encode())).decode()

    for place in places():
        for rows in values(place, CHUNK):
            old = [(key, stored) for key, stored in rows if any(number_of(s) > 1 for s in place.secrets_in(stored))]
            with transaction.atomic():
                moved += sum(replace(place, key, stored, place.changed(stored, anew)) for key, stored in old)
    return moved


def give_up() -> int:
    """Have what no key opens count as never entered, so that it can be typed in again; how many rows were changed.

    A second factor is removed instead: an empty secret would make codes that anybody could work out. Its owner sets up
    another at the next log-in.
    """
    number_of, changed = _numbers(), 0
    empty = Fernet(settings.FIELD_ENCRYPTION_KEYS[0])

    def emptied(secret: str) -> str:
        return secret if number_of(secret) else empty.encrypt(b"").decode()

    for place in places():
        for rows in values(place, CHUNK):
            lost = [(key, stored) for key, stored in rows if any(not number_of(s) for s in place.secrets_in(stored))]
            with transaction.atomic():
                for key, stored in lost:
                    if isinstance(place, FactorPlace):
                        changed += remove(place, key, stored)
                    else:
                        changed += replace(place, key, stored, place.changed(stored, emptied))
    return changed


def _numbers() -> Callable[[str], int]:
    """A function that says which key opens a secret, or NO_KEY."""
    openers = [Fernet(key) for key in settings.FIELD_ENCRYPTION_KEYS]

    def number_of(secret: str) -> int:
        for number, opener in enumerate(openers, start=1):
            try:
                opener.decrypt(secret.encode())
            except InvalidToken:
                continue
            return number
        return NO_KEY

    return number_of
