"""What views ask of a request."""

from django.http import HttpRequest, QueryDict


def posted(request: HttpRequest) -> QueryDict | None:
    """What a form is bound to: the answers of a POST, even when there are none, and nothing on any other request."""
    return request.POST if request.method == "POST" else None
