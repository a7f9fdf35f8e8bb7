"""Addresses in shares that are walked with one world for all: making a practice and its people takes longest."""

from collections.abc import Iterable

from tests.selfbook.access.rules import OPEN, STAFF

_MOST = 10
"""Addresses in a share: so few that all cores have some."""

_OWN = ("campaigns:code-day", "staff:appointment-report", "staff:clinic")
"""The beginnings of those that are about what others would come across in their practice."""


def shares(names: Iterable[str]) -> list[list[str]]:
    """These names, together where one world has what their addresses are about."""
    worlds: dict[tuple[str, ...], list[str]] = {}
    for name in sorted(names):
        worlds.setdefault(world_of(name), []).append(name)
    return [share for alike in worlds.values() for share in _dealt(alike)]


def _dealt(names: list[str]) -> list[list[str]]:
    return [names[first : first + _MOST] for first in range(0, len(names), _MOST)]


def world_of(name: str) -> tuple[str, ...]:
    """What has to be there for an address: the state of the batch, and what more it is about."""
    if name not in STAFF:
        return ("open",) if name in OPEN else ("signed in",)
    own = next((own for own in _OWN if name.startswith(own)), "staff:" if name.startswith("staff:") else "")
    return STAFF[name].sample, own
