"""The invitations of a plan in words for staff."""

_ORDINALS = {1: "first", 2: "second", 3: "third", 4: "fourth"}


def ordinal(number: int) -> str:
    """Which invitation of a plan, in a word such as `second`; the number itself where a plan has none such."""
    return _ORDINALS.get(number, str(number))
