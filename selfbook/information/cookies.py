"""Every cookie that our pages set: its name, what it is for, and how long it lives (PECR, regulation 6).

All are needed for what somebody asked for, so none asks for consent. A test compares this with what sets cookies.
"""

from dataclasses import dataclass

from django.conf import settings

from booking.visits import session
from core.wording import plural
from practices.staff import browsers
from practices.views import joining
from selfbook.accounts import new_password
from selfbook.openid import before_login


@dataclass(frozen=True, slots=True)
class Cookie:
    """One cookie, as the page of cookies has it."""

    name: str
    purpose: str
    life: str


def of_patients() -> list[Cookie]:
    """Those that patients' browsers get."""
    idle = plural(settings.VISIT_IDLE_MINUTES, "minute")
    most = plural(session.LIFETIME_SECONDS // 3600, "hour")
    return [
        Cookie(
            session.cookie_name(),
            "Remembers which link you opened and how far you have come. It holds no name and no date of birth.",
            f"Until you press Finish or close your browser. It stops working after {idle} without use, and after "
            f"{most} at most",
        ),
        _forms(),
    ]


def of_staff() -> list[Cookie]:
    """Those that browsers of practice staff get."""
    return [
        Cookie(
            settings.SESSION_COOKIE_NAME,
            "Keeps you logged in.",
            f"Until you log out or close your browser, or for {_minutes(settings.SESSION_COOKIE_AGE)} without use",
        ),
        _forms(),
        Cookie(
            settings.BROWSER_COOKIE_NAME,
            "A random number. It lets us tell your log-ins from a stranger's guesses at your password.",
            plural(browsers.LASTS.days, "day"),
        ),
        Cookie("messages", "Holds what the next page says, such as “Saved”.", "Until the next page has shown it"),
        Cookie(_signed(joining.COOKIE), "Remembers your invitation while you join.", _minutes(joining.LASTS)),
        Cookie(
            _signed(new_password.COOKIE),
            "Remembers your link while you choose a password.",
            _minutes(new_password.LASTS),
        ),
        Cookie(
            _signed(before_login.COOKIE),
            "Remembers that you are logging in through your organisation.",
            _minutes(before_login.LASTS),
        ),
    ]


def _forms() -> Cookie:
    return Cookie(
        settings.CSRF_COOKIE_NAME,
        "Shows that a form was sent from our own page, and not by another website. A random value.",
        plural(settings.CSRF_COOKIE_AGE // (7 * 24 * 3600), "week"),
    )


def _signed(name: str) -> str:
    return f"__Host-{name}" if settings.HTTPS else name


def _minutes(seconds: int) -> str:
    return plural(seconds // 60, "minute")
