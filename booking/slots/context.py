"""What pages of lower rooms say of this one: staff read on their home and batch pages that patients cannot book."""

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from booking.slots import outages


def clinical_outage(request: HttpRequest) -> dict[str, Any]:
    """The outage that the practice's pages tell of, looked up only by a page that does."""
    practice = getattr(request, "practice", None)
    return {"clinical_outage": SimpleLazyObject(lambda: outages.to_tell(practice) if practice else None)}
