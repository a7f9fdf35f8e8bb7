"""Two members of staff who say at once that they have filed the same list: it is settled once."""

from collections.abc import Mapping
from uuid import UUID

import pytest
from django.db.models import QuerySet

from campaigns.codes.by_day import groups as by_day
from campaigns.models import Campaign
from integrations.models.outbox import CodedEntry
from practices.models import AuditEvent, Practice, User
from tests.campaigns.codes.by_day.conftest import make_entry
from tests.factories import make_staff
from tests.resilience.races.guards import meeting
from tests.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)


def _unlocked(rows: QuerySet[CodedEntry]) -> Mapping[UUID, UUID]:
    """What `groups._locked` gives, without its lock."""
    return dict(rows.values_list("id", "campaign_id"))


@pytest.mark.hazard("H-08.6", guard_off=True)
@pytest.mark.parametrize("guarded", [False, True])
def test_two_people_settle_a_list_once(
    practice: Practice, batch: Campaign, staff: User, monkeypatch: pytest.MonkeyPatch, guarded: bool
) -> None:
    for _ in range(5):
        make_entry(batch)
    (group,), other = by_day.groups(practice), make_staff(practice)
    if not guarded:
        monkeypatch.setattr(by_day, "_locked", meeting(_unlocked, 2))
    counts = at_once(
        lambda: by_day.mark_filed(practice=practice, group=group, by=staff),
        lambda: by_day.mark_filed(practice=practice, group=group, by=other),
    )
    assert sorted(counts) == ([0, 5] if guarded else [5, 5])
    assert AuditEvent.objects.filter(action="campaign.codes_by_hand").count() == (1 if guarded else 2)
    (settled_by,) = set(CodedEntry.objects.values_list("by_hand_by", flat=True))
    if guarded:
        assert settled_by == (staff.id if counts[0] else other.id)
