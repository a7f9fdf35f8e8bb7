"""Text that PostgreSQL can keep: without NUL, and without half of a surrogate pair, which UTF-8 has no bytes for."""

import re
from typing import Any

_UNREADABLE = re.compile("[\0\ud800-\udfff]")

REPLACEMENT = "\ufffd"
"""What stands for a character that cannot be read, as browsers and Django have it."""


def is_readable(text: str) -> bool:
    """Whether every character can be kept."""
    return _UNREADABLE.search(text) is None


def readable(value: Any) -> Any:
    """A value of JSON, or of a form, in which each character that cannot be kept is U+FFFD. Others stay as they are."""
    if isinstance(value, str):
        return _UNREADABLE.sub(REPLACEMENT, value)
    if isinstance(value, dict):
        return {readable(name): readable(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(map(readable, value))
    return value
