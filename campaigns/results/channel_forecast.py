"""Who of a batch gets what, when its invitations go by NHS Notify: for the pages on which it is looked over.

`integrations.outbox.messages.routes` has what each channel does. The counts are as good as NHS Notify's list of app
users, which is up to a day old or more, so they decide nothing: sending finds out for each patient.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from campaigns.models import Campaign
from core.wording import nhs_datetime, plural
from integrations import app_users
from integrations.connections import routing_of
from integrations.messaging.nhs_notify.text_hours import unread_for
from integrations.models import NotifyConnection, Routing
from integrations.models.connections import APP_THEN_TEXT_PLAN, APP_THEN_TEXT_PLAN_IN_A_DAY
from patients.lists.app_counts import AppCounts, app_counts

HOURS = "NHS Notify's texts leave on weekdays from 8am to 6pm only, and not on bank holidays."
IN_TIME = "A patient whom NHS Notify would text too late gets a text from you instead, as soon as texts may go."
NOT_NOTIFIED = "Their phone does not tell them of messages in the app, so they count as not reached there."
ASKING = "We are asking NHS Notify who has the app. Look again in a minute."
APP_UNKNOWN = "NHS Notify did not tell us who has the app. Sending works all the same: it finds out for each patient."
NO_NEWER = "We could not read a newer list. Sending works all the same."
NHS_HOLDS = "NHS Notify texts the number that the NHS holds, which may not be the one in your list."


_KNOWN_PLANS = (APP_THEN_TEXT_PLAN, APP_THEN_TEXT_PLAN_IN_A_DAY)


@dataclass(frozen=True, slots=True)
class Share:
    """Some of a batch's patients, to be drawn beside the others."""

    words: str
    patients: int


@dataclass(frozen=True, slots=True)
class Split:
    """Who gets what: numbers, where they are known, and sentences."""

    parts: Sequence[Share]
    said: Sequence[str]

    @property
    def most(self) -> int:
        """The largest part: how long the longest bar is."""
        return max((part.patients for part in self.parts), default=0)


def choose_noun(practice_id: UUID) -> str:
    """What the practice's patients are sent: a text, or an invitation that may come in the NHS App."""
    return "text" if routing_of(practice_id) == Routing.TEXTS else "invitation"


def split(campaign: Campaign) -> Split | None:
    """Who of a batch with a list gets what; None where everybody gets our text.

    Where it is not known who has the app, a worker is asked to find out.
    """
    assert campaign.patient_list is not None  # asked about from the summary on
    rows = NotifyConnection.objects.only("channel", "text_after_hours", "routing_plan")
    connection = rows.filter(practice_id=campaign.practice_id).exclude(channel=Routing.TEXTS).first()
    if connection is None:
        return None
    known = app_users.of(campaign.practice_id)
    if known.read_at is None:
        return Split((), [APP_UNKNOWN if known.has_failed else ASKING, *_rule(connection)])
    counts = app_counts(campaign.patient_list)
    parts = [
        Share("NHS App, with notifications", counts.told),
        Share("NHS App, without notifications", counts.untold),
        Share("No NHS App", counts.without),
    ]
    listed = f"By NHS Notify's list, as we read it on {nhs_datetime(known.read_at)}."
    failed = [NO_NEWER] if known.has_failed else []
    return Split(parts, [*_counted(connection, counts), listed, *failed])


def _counted(connection: NotifyConnection, counts: AppCounts) -> list[str]:
    """What becomes of so many patients."""
    sentences = []
    if counts.told:
        have = plural(counts.told, "patient has", "patients have")
        sentences.append(f"{have} the NHS App, with notifications: they get the invitation there. {_later(connection)}")
    if counts.untold:
        have = plural(counts.untold, "patient has", "patients have")
        sentences.append(
            f"{have} the NHS App without notifications: they get the invitation there, and a text from "
            f"{_sender(connection)} {_soon(connection)}. {NOT_NOTIFIED}"
        )
    if counts.without:
        have_not = plural(counts.without, "patient does", "patients do")
        sentences.append(
            f"{have_not} not have the app: they get a text from {_sender(connection)} {_soon(connection)}."
        )
    return [*sentences, *_about_theirs(connection)]


def _rule(connection: NotifyConnection) -> list[str]:
    """The same while nobody knows how many they are."""
    sentence = f"Patients who have the NHS App get the invitation there. {_later(connection)}"
    others = "Patients who do not have it, or not its notifications, get a text from"
    return [sentence, f"{others} {_sender(connection)} {_soon(connection)}.", *_about_theirs(connection)]


def _later(connection: NotifyConnection) -> str:
    return f"If they have not read it after {_wait(connection)}, they get a text from {_sender(connection)}."


def _wait(connection: NotifyConnection) -> str:
    """How long the app has. NHS Notify's own plan is known to us; what another does, the practice has agreed."""
    if connection.channel == Routing.APP_THEN_OURS:
        return plural(connection.hours_in_app, "hour")
    if connection.routing_plan in _KNOWN_PLANS:
        return plural(int(unread_for(connection.routing_plan).total_seconds() // 3600), "hour")
    return "the time that your routing plan sets"


def _sender(connection: NotifyConnection) -> str:
    return "you" if connection.channel == Routing.APP_THEN_OURS else "NHS Notify"


def _soon(connection: NotifyConnection) -> str:
    """When those are texted for whom nobody waits."""
    return "at once" if connection.channel == Routing.APP_THEN_OURS else "as soon as it texts"


def _about_theirs(connection: NotifyConnection) -> list[str]:
    """What holds of NHS Notify's texts, and not of ours."""
    return [HOURS, IN_TIME, NHS_HOLDS] if connection.channel == Routing.APP_THEN_THEIRS else []
