"""Which clinical systems a practice may have: told by the room that speaks to them, when the product starts."""

from collections.abc import Callable, Iterable

Names = Callable[[], Iterable[tuple[str, str]]]
"""Gives the key that is stored and the name that is shown of every clinical system, as things stand."""

_sources: list[Names] = []


def add_clinical_systems(names: Names) -> None:
    """Let practices have these clinical systems. They are asked for at each look, so that there may be more later."""
    if names not in _sources:
        _sources.append(names)


def clinical_systems() -> list[tuple[str, str]]:
    """The choices of every field that names a clinical system."""
    return [pair for names in _sources for pair in names()]
