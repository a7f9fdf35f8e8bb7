"""What every staff template may use besides what its view gives it."""

from typing import Any

from django.http import HttpRequest


def practice(request: HttpRequest) -> dict[str, Any]:
    """The practice that the page is for, looked up only when the page names it."""
    return {"practice": getattr(request, "practice", None)}
