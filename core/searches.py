"""What staff search for is personal: it is kept in their session, and never stands in an address or a log."""

from django.http import HttpRequest

LONGEST = 100
"""Characters of a search term."""


def term(request: HttpRequest, place: str) -> str:
    """What this staff member searches for in one place, such as one list; empty when for nothing."""
    return str(request.session.get(_key(place), ""))


def keep(request: HttpRequest, place: str, search_text: str) -> None:
    """Search for this there from now on, until the session ends; for nothing when it is empty."""
    if search_text:
        request.session[_key(place)] = search_text
    else:
        request.session.pop(_key(place), None)


def _key(place: str) -> str:
    return f"search {place}"
