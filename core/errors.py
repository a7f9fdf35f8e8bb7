"""From an error to what is said of it, by tables of error classes."""

from collections.abc import Mapping
from typing import TypeVar

E = TypeVar("E", bound=Exception)
T = TypeVar("T")


def reason_for(error: E, reasons: Mapping[type[E], T]) -> T:
    """What a table says of an error: its entry for the error's class, or for the nearest class above that.

    To be used with `except tuple(reasons)`. Raises KeyError for an error that the table does not speak of.
    """
    for kind in type(error).__mro__:
        if kind in reasons:
            return reasons[kind]
    raise KeyError(type(error))
