"""Each file is as the database stood at one moment, however long it takes to send, and whatever changes meanwhile."""

from collections.abc import Callable, Iterable, Iterator

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from booking.staff.batch import recipients
from booking.staff.batch.downloads import DOWNLOADS
from campaigns.models import Campaign
from core.web.exports import in_one_snapshot
from patients.models import Recipient
from practices.models import Practice, Role
from tests.factories import make_campaign, make_invitation, make_practice, make_staff
from tests.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def batch(monkeypatch: pytest.MonkeyPatch) -> Campaign:
    """Four patients who were invited, read one at a time."""
    monkeypatch.setattr(recipients, "_CHUNK", 1)
    campaign = make_campaign(started=True)
    for _ in range(4):
        make_invitation(campaign)
    return campaign


def move_the_first_patient_to_the_end(campaign: Campaign) -> None:
    """The row that was read already is now among those that are not."""
    rows = Recipient.objects.filter(patient_list=campaign.patient_list).order_by("row_number")
    first, last = rows[0], rows.reverse()[0]
    rows.filter(id=first.id).update(row_number=last.row_number + 10)


def read_while_it_changes(lines: Iterator[str], campaign: Campaign) -> list[str]:
    """The numbers of a file's rows. After its first row somebody changes the list."""
    read = [next(lines), next(lines)]
    at_once(lambda: move_the_first_patient_to_the_end(campaign))
    return [line.split(",")[3] for line in [*read, *lines]][1:]


def plainly(make: Callable[[], Iterable[str]]) -> Iterator[str]:
    yield from make()


@pytest.mark.hazard("H-18.2", guard_off=True)
@pytest.mark.parametrize(
    ("way", "rows"), [(in_one_snapshot, 4), (plainly, 5)], ids=["one snapshot", "without it a row comes twice"]
)
def test_a_row_that_moves_comes_once(batch: Campaign, way: Callable[..., Iterator[str]], rows: int) -> None:
    numbers = read_while_it_changes(way(lambda: DOWNLOADS["all"](batch)), batch)
    assert len(numbers) == rows
    assert len(set(numbers)) == 4


def test_every_file_is_read_in_a_snapshot_that_ends_with_it(batch: Campaign) -> None:
    client = Client()
    client.force_login(make_staff(batch.practice, Role.MANAGER))
    for address in (
        "staff:download-all",
        "staff:download-not-responded",
        "staff:download-to-phone",
        "campaigns:follow-up-csv",
        "campaigns:codes-csv",
        "campaigns:cannot-be-sent",
        "audit:csv",
    ):
        response = client.get(reverse(address, args=[] if address == "audit:csv" else [batch.id]))
        lines = iter(response.streaming_content)  # type: ignore[attr-defined] # of a streaming response
        next(lines)
        with connection.cursor() as cursor:
            cursor.execute("SHOW transaction_isolation")
            assert cursor.fetchone() == ("repeatable read",), address
        list(lines)
        assert not connection.in_atomic_block, address


def test_who_goes_away_leaves_no_transaction_behind() -> None:
    practices = in_one_snapshot(lambda: (practice.name for practice in Practice.objects.iterator()))
    make_practice()
    next(practices)
    assert connection.in_atomic_block
    practices.close()  # type: ignore[attr-defined] # a generator's
    assert not connection.in_atomic_block
