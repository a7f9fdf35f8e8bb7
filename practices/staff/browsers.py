"""By which browsers an account is used: a random number in a cookie, and nothing about the person or the machine.

It proves nothing and lets nobody in. It tells whether somebody who was invited has ever come by a way of their own
(`practices.models.same_person`), and whose guesses at a password are not a stranger's: a limit for each account would
let anybody keep its owner out, so the browsers that have logged in to it have limits of their own (OWASP, "Device
cookies"; ASVS 6.3.1).
"""

from datetime import timedelta
from uuid import UUID, uuid4

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from practices.models import User
from practices.models.accounts import UsedBrowser

LASTS = timedelta(days=400)
"""The longest that browsers keep a cookie; what was not used for so long is forgotten here too."""

_NAMED = "_browser"


def note(request: HttpRequest, user: User) -> None:
    """Somebody logs in, or joins, in this browser. Its cookie is set, or renewed, with the response."""
    browser = _of(request) or uuid4()
    setattr(request, _NAMED, browser)
    now = timezone.now()
    own = UsedBrowser.objects.filter(user=user)
    if not own.filter(browser=browser).update(last_at=now):
        UsedBrowser.objects.get_or_create(user=user, browser=browser, defaults={"first_at": now, "last_at": now})
    own.filter(last_at__lt=now - LASTS).delete()


def remember(request: HttpRequest, response: HttpResponse) -> None:
    """Set the cookie in a browser that was noted in this request."""
    browser = getattr(request, _NAMED, None)
    if browser is not None:
        response.set_cookie(
            settings.BROWSER_COOKIE_NAME,
            str(browser),
            max_age=LASTS,
            secure=settings.HTTPS,
            httponly=True,
            samesite="Lax",
        )


def known_for(request: HttpRequest, email: str) -> str:
    """This browser's number where it has logged in to the account before; empty otherwise."""
    browser = _of(request)
    if browser is None or not email or "\0" in email:
        return ""
    used = UsedBrowser.objects.filter(user__email__iexact=email.strip(), browser=browser)
    return browser.hex if used.filter(last_at__gt=timezone.now() - LASTS).exists() else ""


def _of(request: HttpRequest) -> UUID | None:
    """The number that this browser was given; noted already in this request, or by its cookie."""
    if noted := getattr(request, _NAMED, None):
        return UUID(str(noted))
    try:
        return UUID(request.COOKIES.get(settings.BROWSER_COOKIE_NAME, ""))
    except ValueError:
        return None
