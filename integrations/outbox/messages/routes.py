"""Which of a practice's messages go by which way, by what they are for.

What answers a patient is a text of ours at once, whatever the practice has chosen for its invitations and reminders; so
is what has been in the NHS App and was not read there. A text that may go at any hour is no different in this.
"""

from collections.abc import Set
from dataclasses import dataclass
from datetime import timedelta

from integrations.models import Channel
from integrations.models.outbox import TO_WHOLE_BATCHES, Purpose, Service, Way


@dataclass(frozen=True, slots=True)
class Route:
    """A way, and which due messages go by it: SQL over the table. `ahead`: how much later it may still ring."""

    way: Way = Way.TEXT
    only: str = "TRUE"
    ahead: timedelta = timedelta()

    @property
    def service(self) -> Service:
        """The provider whose account and outages count for the messages of this route."""
        return self.way.service


def _of(purposes: Set[Purpose]) -> str:
    names = ", ".join(f"'{purpose.value}'" for purpose in sorted(purposes))
    return f"(app_over IS NULL AND purpose IN ({names}))"


_NOTIFY = _of(TO_WHOLE_BATCHES | {Purpose.APPOINTMENT, Purpose.RESENT})
# What staff send again is for a patient who has not had it, or is on the phone: a text, and at once.
_APP = _of(TO_WHOLE_BATCHES | {Purpose.APPOINTMENT})

TEXTS = Route()
"""Every message is a text of ours."""

BY_NOTIFY = Route(Way.NOTIFY, _NOTIFY, timedelta(hours=4))
"""What NHS Notify carries. Its own text goes where the app is unread for four hours (nhs-notify#routing-plans)."""

BY_APP = Route(Way.APP, _APP)
"""What NHS Notify puts into the app, and nowhere else."""

ROUTES: dict[Channel, tuple[Route, ...]] = {
    Channel.TEXTS: (TEXTS,),
    Channel.APP_THEN_THEIRS: (Route(only=f"NOT {_NOTIFY}"), BY_NOTIFY),
    Channel.APP_THEN_OURS: (Route(only=f"NOT {_APP}"), BY_APP),
}
"""By a practice's channel: what it sends by which way. Each message is in one of a channel's routes."""

BY_WAY = {Way.NOTIFY: BY_NOTIFY, Way.APP: BY_APP}
"""The route that a message in doubt went by."""
