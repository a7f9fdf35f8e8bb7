"""Which practice a request is for."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils.functional import SimpleLazyObject

from practices.models import Membership, Practice, User
from practices.staff import switching

Handler = Callable[[HttpRequest], HttpResponse]


def membership_of(user: User, chosen: str = "") -> Membership | None:
    """Somebody's place in the practice with the id `chosen`, or in their first one; None for one who has none."""
    memberships = user.memberships.select_related("practice").order_by("id")
    by_practice = {str(membership.practice_id): membership for membership in memberships}
    return by_practice.get(chosen) or next(iter(by_practice.values()), None)


def current_practice(get_response: Handler) -> Handler:
    """Set `request.membership` and `request.practice` to where the signed-in staff member works now.

    Both are looked up when first asked for, and afresh at every request, so that a removed staff member is out at once
    (ASVS 7.4). Whoever works in several practices is in the one that they switched to.
    """

    def handle(request: HttpRequest) -> HttpResponse:
        def find() -> Membership | None:
            if not request.user.is_authenticated:
                return None
            return membership_of(request.user, switching.chosen(request))

        def practice() -> Practice | None:
            return membership.practice if membership else None

        membership = SimpleLazyObject(find)
        request.membership = membership  # type: ignore[attr-defined] # ours: see StaffRequest
        request.practice = SimpleLazyObject(practice)  # type: ignore[attr-defined] # ours: see StaffRequest
        return get_response(request)

    return handle
