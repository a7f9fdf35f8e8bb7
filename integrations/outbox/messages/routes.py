"""Which of a practice's messages go by which channel, by what they are for.

What answers a patient is a text of ours at once, whatever the practice has chosen for its invitations and reminders; so
is what has been in the NHS App and was not read there. A text that may go at any hour is no different in this.
"""

from collections.abc import Set
from dataclasses import dataclass, replace
from uuid import UUID

from integrations.connections import provider_of, routing_of
from integrations.messaging.channels import Channel
from integrations.messaging.registry import NHS_NOTIFY
from integrations.models import Routing
from integrations.models.outbox import TO_WHOLE_BATCHES, Purpose


@dataclass(frozen=True, slots=True)
class Route:
    """A channel, and which due messages go by it: SQL over the table.

    `provider` carries them; empty where that is not looked up yet.
    """

    channel: Channel = Channel.TEXT
    only: str = "TRUE"
    provider: str = ""


def _of(purposes: Set[Purpose]) -> str:
    names = ", ".join(f"'{purpose.value}'" for purpose in sorted(purposes))
    return f"(app_over IS NULL AND NOT text_only AND purpose IN ({names}))"


PURPOSES: dict[Channel, Set[Purpose]] = {
    Channel.NOTIFY: TO_WHOLE_BATCHES | {Purpose.APPOINTMENT, Purpose.RESENT},
    # What staff send again is for a patient who has not had it, or is on the phone: a text, and at once.
    Channel.APP: TO_WHOLE_BATCHES | {Purpose.APPOINTMENT},
}
"""What goes by NHS number where the practice has chosen that channel, as long as it has not been in the app, and is not
to go by text whatever the practice has chosen (`text_only`)."""

_NOTIFY = _of(PURPOSES[Channel.NOTIFY])
_APP = _of(PURPOSES[Channel.APP])

TEXTS = Route()
"""Every message is a text of ours."""

BY_NOTIFY = Route(Channel.NOTIFY, _NOTIFY, NHS_NOTIFY)
"""What NHS Notify carries, with its own text behind it: when that leaves is its own matter, and never in the evening,
at night or at a weekend (nhs-notify#delivery-times). What it would text too late goes as a text of ours (`in_time`)."""

BY_APP = Route(Channel.APP, _APP, NHS_NOTIFY)
"""What NHS Notify puts into the app, and nowhere else."""

ROUTES: dict[Routing, tuple[Route, ...]] = {
    Routing.TEXTS: (TEXTS,),
    Routing.APP_THEN_THEIRS: (Route(only=f"NOT {_NOTIFY}"), BY_NOTIFY),
    Routing.APP_THEN_OURS: (Route(only=f"NOT {_APP}"), BY_APP),
}
"""By what a practice has chosen: what it sends by which channel. Each message is in one of the routes."""

BY_CHANNEL = {Channel.NOTIFY: BY_NOTIFY, Channel.APP: BY_APP}
"""The route that a message in doubt went by."""


def of(practice_id: UUID) -> list[Route]:
    """A practice's routes, with who carries each: two queries."""
    routes = ROUTES[routing_of(practice_id)]
    return [with_provider(practice_id, route) for route in routes]


def with_provider(practice_id: UUID, route: Route) -> Route:
    """The route with who carries its messages for the practice."""
    return route if route.provider else replace(route, provider=provider_of(practice_id, route.channel))
