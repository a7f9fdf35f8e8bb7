"""Links from the pages of lower rooms to pages of higher ones, by names that say what is there.

A higher room registers the page's name with the name of its address; templates say `link("patient", invitation.id)`.
"""

from dataclasses import dataclass

from django.urls import reverse

from core.hooks import Hook


@dataclass(frozen=True, slots=True)
class Link:
    """A page of a room: the name that lower rooms link to it by, and that of its address, such as `staff:patient`."""

    name: str
    view: str


links: Hook[Link] = Hook("link", "give the address of a page that lower rooms link to by name")


def address(name: str, *args: object) -> str:
    """The path of the page with this name. Raises LookupError if no room has registered it."""
    views = {link.name: link.view for link in links}
    return reverse(views[name], args=args or None)
