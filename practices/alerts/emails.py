"""What an email to a manager says: what happened, in counts and no names, and where to look."""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.urls import reverse

from core import links
from core.wording import nhs_datetime, plural
from practices.models import Alert, AlertEmail, AlertKind, Practice


@dataclass(frozen=True, slots=True)
class Wording:
    """How one kind is written: as a subject's end, what it means, and the name of the page to look at."""

    subject: str
    meaning: str
    page: str = "home"


WORDING = {
    AlertKind.TEXTS_STOPPED: Wording(
        "texts have stopped",
        "No texts go to patients: the account with the text message service does not work. They wait, and go by "
        "themselves once it works.",
    ),
    AlertKind.SYSTEM_DOWN: Wording(
        "the clinical system is down",
        "Patients cannot choose or change appointments, because Selfbook cannot reach the appointment book. Links last "
        "longer by the time that it is down.",
    ),
    AlertKind.NO_SLOTS: Wording(
        "a batch has no slots left",
        "Patients who open their link find no times. Add slots of the batch's slot type in the appointment book.",
        page="batch",
    ),
    AlertKind.BATCH_FINISHED: Wording(
        "a batch is finished",
        "No more texts go and no link can be used. Look at who still needs you.",
        page="batch",
    ),
}


def write(email: AlertEmail, alerts: Sequence[Alert]) -> EmailMessage:
    """The email about these alerts: at least one, oldest first.

    Its Message-ID is the row's own: where a try was cut off and the next one goes, mail programs show one of the two.
    """
    practice = email.practice
    body = render_to_string(
        "practices/email/alerts.txt",
        {
            "practice": practice,
            "lines": [_line(alert) for alert in alerts],
            "settings": settings.PUBLIC_BASE_URL + reverse("practices:alerts"),
        },
    )
    host = urlsplit(settings.PUBLIC_BASE_URL).hostname
    headers = {"Message-ID": f"<{email.id}@{host}>", "Auto-Submitted": "auto-generated"}
    return EmailMessage(_subject(practice, alerts), body, None, [email.user.email], headers=headers)


def _subject(practice: Practice, alerts: Sequence[Alert]) -> str:
    about = (
        WORDING[AlertKind(alerts[0].kind)].subject if len(alerts) == 1 else f"{plural(len(alerts), 'thing')} to look at"
    )
    return f"{' '.join(practice.name.split())}: {about}"


def _line(alert: Alert) -> dict[str, str]:
    kind = AlertKind(alert.kind)
    page = WORDING[kind].page
    path = links.address(page, alert.about) if page != "home" and alert.about else links.address("home")
    return {
        "title": kind.label,
        "at": nhs_datetime(alert.created_at),
        "meaning": WORDING[kind].meaning,
        "link": settings.PUBLIC_BASE_URL + path,
    }
