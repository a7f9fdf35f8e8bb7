"""Which clinical systems a practice may have: told by the room that speaks to them, when the product starts."""

from collections.abc import Callable, Iterable

from core.hooks import Hook

Names = Callable[[], Iterable[tuple[str, str]]]
"""Gives the key that is stored and the name that is shown of every clinical system, as things stand."""

sources: Hook[Names] = Hook("clinical systems", "name the clinical systems that a practice may have")


def clinical_systems() -> list[tuple[str, str]]:
    """The choices of every field that names a clinical system. Asked for at each look: there may be more later."""
    return [pair for names in sources for pair in names()]
