"""What a worker has claimed no other gets, and nobody waits for anybody."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from campaigns.models import CheckRun
from core.claims import is_held, one_more_try, take
from integrations.models.outbox import Message
from practices.models import Practice
from tests.factories import make_campaign, make_practice
from tests.threads import at_once


@pytest.mark.django_db(transaction=True)
def test_rows_that_another_has_are_skipped() -> None:
    ids = {make_practice().id for _ in range(3)}
    rows = Practice.objects.filter(id__in=ids).order_by("id")
    with transaction.atomic():
        mine = take(rows, 2)
        (theirs,) = at_once(lambda: _taken(rows.all()))
    assert len(mine) == 2
    assert {row.id for row in mine} | theirs == ids


def _taken(rows: QuerySet[Practice]) -> set[UUID]:
    with transaction.atomic():
        return {row.id for row in take(rows, 5)}


def test_a_try_is_counted_and_ends() -> None:
    now = timezone.now()
    claimed = one_more_try(Message(attempts=2), now, timedelta(minutes=5))
    assert claimed == {"due_at": now + timedelta(minutes=5), "started_at": now, "attempts": 3}


@pytest.mark.django_db
def test_a_claim_that_has_run_out_holds_nothing() -> None:
    campaign, now = make_campaign(), timezone.now()
    runs = CheckRun.objects.filter(practice=campaign.practice)
    assert not is_held(runs, now)
    CheckRun.objects.create(
        campaign=campaign, practice=campaign.practice, claim=uuid4(), claimed_until=now + timedelta(minutes=1)
    )
    assert is_held(runs, now)
    assert not is_held(runs, now + timedelta(minutes=1))
