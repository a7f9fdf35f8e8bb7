"""Characters that PostgreSQL cannot keep are bad input, wherever they stand, and never an error of ours (ASVS 2.2).

A NUL can stand in addresses, cookies, headers and forms; half of a surrogate pair in whatever is in an encoding that
the browser names. Fields of forms say themselves what is wrong with them; the rest is seen to here.
"""

from collections.abc import Callable, Iterable, Iterator

from django.core.exceptions import BadRequest
from django.db import DataError
from django.http import Http404, HttpRequest, HttpResponse, QueryDict

from core.web.readable import is_readable

Handler = Callable[[HttpRequest], HttpResponse]

_PERSONAL_LINK = "/i/"
"""What is no personal link of ours gets one and the same page, whatever it looks like: that page sees to it itself."""


def readable_address(get_response: Handler) -> Handler:
    """No page has such an address, and no browser of ours such cookies and headers.

    It goes in front of what reads cookies: sessions are looked up by one.
    """

    def handle(request: HttpRequest) -> HttpResponse:
        if not is_readable(request.path_info) and not request.path_info.startswith(_PERSONAL_LINK):
            raise Http404
        if not _all_readable(_cookies_and_headers(request)):
            raise BadRequest("a cookie or a header has a character that cannot be kept")
        return get_response(request)

    return handle


class ReadableFields:
    """Middleware: what fails because of such a character in the address's query or the form was a bad request."""

    def __init__(self, get_response: Handler) -> None:
        """See Django's documentation of middleware."""
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Only what fails is looked at."""
        return self._get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> None:
        """Raise BadRequest in its place. Nothing has been done: PostgreSQL refused it, or it never came so far."""
        if isinstance(exception, ValueError | DataError) and not _all_readable(_fields(request)):
            raise BadRequest("a field has a character that cannot be kept") from exception


def _cookies_and_headers(request: HttpRequest) -> Iterator[str]:
    for name, value in request.COOKIES.items():
        yield from (name, value)
    yield from (value for name, value in request.META.items() if name.startswith("HTTP_") and isinstance(value, str))


def _fields(request: HttpRequest) -> Iterator[str]:
    yield from _names_and_values(request.GET)
    yield from _names_and_values(request.POST)
    yield from (file.name or "" for name in request.FILES for file in request.FILES.getlist(name))


def _names_and_values(fields: QueryDict) -> Iterator[str]:
    for name, values in fields.lists():
        yield name
        yield from map(str, values)


def _all_readable(texts: Iterable[str]) -> bool:
    return all(map(is_readable, texts))
