"""Which practice a request is for."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils.functional import SimpleLazyObject

from practices.models import Practice, User

Handler = Callable[[HttpRequest], HttpResponse]


def practice_of(user: User) -> Practice | None:
    """The practice a staff member works in, or None for somebody who works in none."""
    membership = user.memberships.select_related("practice").order_by("id").first()
    return membership.practice if membership else None


def current_practice(get_response: Handler) -> Handler:
    """Set `request.practice` to the signed-in staff member's practice, looked up when first asked for.

    It is read afresh at every request, so that a removed staff member is out at once (ASVS 7.4).
    """

    def handle(request: HttpRequest) -> HttpResponse:
        def find() -> Practice | None:
            return practice_of(request.user) if request.user.is_authenticated else None

        request.practice = SimpleLazyObject(find)  # type: ignore[attr-defined]
        return get_response(request)

    return handle
