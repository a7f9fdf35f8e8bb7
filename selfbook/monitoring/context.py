"""What pages of staff say when work stands still."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from selfbook import celery
from selfbook.monitoring import work

NOTICE = "monitoring/stands-still.jinja"
"""The notice, at the top of the home page, of batches, and of the page on which a list is read."""

_AFFECTS: dict[str, tuple[str, ...]] = {
    "texts": ("beat", "redis", f"worker {celery.SENDING}", "messages", "sweep outbox.sweep"),
    "bookings": ("beat", "redis", f"worker {celery.BOOKINGS}", "bookings", "sweep booking.sweep"),
    "codes": ("beat", "redis", f"worker {celery.SENDING}", "codes", "sweep outbox.sweep"),
    "lists": ("beat", "redis", f"worker {celery.LISTS}", "lists", "sweep patients.resume_lists"),
}
"""What staff would miss, by the parts of the report that it depends on."""


def work_status(request: HttpRequest) -> dict[str, Any]:
    """The kinds of work that stand still, and the notices of that, looked up only by a page that tells of them."""
    practice = getattr(request, "practice", None)
    stands_still = SimpleLazyObject(lambda: _stands_still() if practice else [])
    return {"stands_still": stands_still, "work_notices": [NOTICE]}


def _stands_still() -> list[str]:
    if not settings.WORK_NOTICE:
        return []
    bad = set(work.report().bad)
    return [kind for kind, parts in _AFFECTS.items() if bad.intersection(parts)]
