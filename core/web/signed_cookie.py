"""What a browser carries to our next page in a cookie that we have signed, for those who are not logged in.

A session would be a row in the database that anybody could have made by opening a link.
"""

from typing import Any

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse


def keep(response: HttpResponse, name: str, value: Any, *, seconds: int) -> None:
    """Give the browser a value of JSON for so long. It can be read there, and not changed."""
    response.set_cookie(
        _called(name),
        signing.dumps(value, salt=_salt(name), compress=True),
        max_age=seconds,
        secure=settings.HTTPS,
        httponly=True,
        samesite="Lax",
    )


def read(request: HttpRequest, name: str, *, seconds: int) -> Any:
    """The value that this browser was given in the last so many seconds; None for none and for one that is not ours."""
    try:
        return signing.loads(request.COOKIES.get(_called(name), ""), salt=_salt(name), max_age=seconds)
    except signing.BadSignature:
        return None


def forget(response: HttpResponse, name: str) -> None:
    """Take it from the browser."""
    response.delete_cookie(_called(name), samesite="Lax")


def _called(name: str) -> str:
    return f"__Host-{name}" if settings.HTTPS else name


def _salt(name: str) -> str:
    return f"signed cookie {name}"
