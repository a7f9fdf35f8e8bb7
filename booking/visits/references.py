"""The name of a visit in the addresses of its pages: /b/<reference>/times/.

It tells visits in one browser apart, and is no secret: without the cookie that belongs to it, it shows and does nothing
(docs/decisions/0004). The same link has the same reference each time, so that opening it again leads back to the same
visit, and "Finish" ends the visit in every tab.
"""

import re
from uuid import UUID

from django.utils.crypto import salted_hmac

_LENGTH = 20
_LETTERS = "bcdfghjkmnpqrstv"
"""One for each hexadecimal digit. Without vowels and numbers, no word, date or NHS number can come up by chance."""

_WRITTEN = str.maketrans("0123456789abcdef", _LETTERS)
_ROOT = re.compile(rf"/b/[{_LETTERS}]{{{_LENGTH}}}/")


class ReferenceConverter:
    """A visit's reference as a part of a path, for Django's URLconf."""

    regex = rf"[{_LETTERS}]{{{_LENGTH}}}"

    def to_python(self, value: str) -> str:
        """The reference as the path has it: `regex` has checked its form."""
        return value

    def to_url(self, value: str) -> str:
        """The reference unchanged: its letters need no quoting in a path."""
        return value


def reference_of(invitation_id: UUID) -> str:
    """The reference of an invitation's visits: 80 bits of a keyed digest, from which nobody can get to the id."""
    digest = salted_hmac("booking.references", invitation_id.hex, algorithm="sha256").hexdigest()
    return digest[:_LENGTH].translate(_WRITTEN)


def root_of(reference: str) -> str:
    """The path that all pages of a visit are under, and its cookie with them."""
    return f"/b/{reference}/"


def root_in(text: str) -> str | None:
    """The first such path in a text."""
    match = _ROOT.search(text)
    return match[0] if match else None
