"""The pages and files about what came of batches."""

import csv
from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from booking.staff.reports import downloads
from booking.staff.reports.practice import alone, batches_of
from campaigns.models import BatchTally, Invitation
from integrations.models import ChannelConnection
from practices.models import AuditEvent
from selfbook.retention import erasing
from tests.factories import make_campaign
from tests.html import Page, check_page
from tests.selfbook.retention.scene import Closed, make_closed

pytestmark = pytest.mark.django_db

SENT = datetime(2026, 6, 1, 8, 30, tzinfo=UTC)


@pytest.fixture
def closed(client: Client) -> Closed:
    closed = make_closed()
    Invitation.objects.update(opened_at=SENT)
    client.force_login(closed.manager)
    return closed


def look(client: Client, name: str, *args: object, query: str = "") -> Page:
    return check_page(client.get(reverse(name, args=args) + query))


def price(closed: Closed, pence: str) -> None:
    ChannelConnection.objects.create(practice=closed.practice, fragment_price=Decimal(pence))


def test_a_batch_s_report_and_the_same_when_its_patients_are_erased(client: Client, closed: Closed) -> None:
    price(closed, "4")
    make_campaign(closed.practice, closed.manager, started=True, started_at=datetime(2020, 1, 6, tzinfo=UTC))
    before = look(client, "staff:report", closed.campaign.id)
    assert "1 of 3 invited patients have booked: 33 of 100." in before.text
    assert "Your texts: 3 fragments, £0.12. A booking has cost £0.12." in before.text
    assert "The median time to book is 0 days." in before.text
    assert "6 January 2020" in before.text
    assert "Text from you" in before.text
    assert erasing.erase(closed.campaign.id, again=True)
    assert look(client, "staff:report", closed.campaign.id).text == before.text


def test_the_batch_page_leads_to_it_before_and_after(client: Client, closed: Closed) -> None:
    address = reverse("staff:report", args=[closed.campaign.id])
    for _ in range(2):
        report = look(client, "campaigns:progress", closed.campaign.id).by_id("report")
        assert report is not None
        assert report.get("href") == address
        erasing.erase(closed.campaign.id, again=True)


def test_a_draft_has_no_report(client: Client, closed: Closed) -> None:
    draft = make_campaign(closed.practice, closed.manager)
    assert client.get(reverse("staff:report", args=[draft.id])).status_code == 404


def test_a_practice_without_batches(client: Client, closed: Closed) -> None:
    client.force_login(make_campaign().created_by)
    assert "You have not sent a batch yet." in look(client, "staff:reports").text


def test_all_batches_or_those_of_a_programme_and_a_month(client: Client, closed: Closed) -> None:
    make_campaign(closed.practice, closed.manager, started=True, started_at=SENT, slot_type="Smear")
    page = look(client, "staff:reports")
    assert "2 batches." in page.text
    assert {"June 2026"} <= {option.text for option in page.all("option")}
    page = look(client, "staff:reports", query="?programme=smear&month=2026-06")
    assert "Smear: 1 batch of June 2026." in page.text
    assert "2 batches." in look(client, "staff:reports", query="?programme=nothing&month=13").text
    page = look(client, "staff:reports", query="?programme=flu+clinic&month=2026-06")
    assert "You sent no batch of this programme in that month." in page.text


def read(lines: Iterable[str]) -> list[dict[str, str]]:
    return list(csv.DictReader("".join(lines).removeprefix("\ufeff").splitlines()))


def test_the_files_have_a_line_for_each_and_can_run_nothing(client: Client, closed: Closed) -> None:
    make_campaign(closed.practice, closed.manager, started=True, started_at=SENT, slot_type="=1+1")
    answer = client.get(reverse("staff:reports-csv"))
    text = b"".join(answer).decode()
    assert "attachment" in answer.headers["Content-Disposition"]
    assert ",=1+1" not in text
    assert "\n=1+1" not in text
    rows = read([text])
    assert len(rows) == 2
    (row,) = (row for row in rows if row["Batch"] == "Flu clinic")
    assert (row["Invited"], row["Booked"], row["Opened the link"], row["Came"]) == ("3", "1", "3", "")
    assert (row["Median days to book"], row["Cost in pounds"]) == ("0", "")


def test_a_batch_s_file_adds_up_by_age_and_by_channel(closed: Closed) -> None:
    rows = read(downloads.of_batch(alone(closed.campaign), Decimal(4)))
    whole, *parts = rows
    ages = [row for row in parts if row["Patients"].startswith("Age")]
    channels = [row for row in parts if row not in ages]
    assert (whole["Patients"], whole["Cost of a booking in pounds"]) == ("All", "0.12")
    assert sum(int(row["Patients in the list"]) for row in ages) == int(whole["Patients in the list"]) == 4
    assert sum(int(row["Invited"]) for row in channels) == int(whole["Invited"]) == 3
    assert [row["Patients"] for row in channels] == ["Text from you"]
    assert len(list(downloads.of_batches(batches_of(closed.practice).all, None))) == 2


def test_staff_enter_how_many_came(client: Client, closed: Closed) -> None:
    address = reverse("staff:attendance", args=[closed.campaign.id])
    assert "We do not know how many came" in look(client, "staff:report", closed.campaign.id).text
    assert client.post(address, {"attended": "1", "missed": ""}).status_code == 302
    page = look(client, "staff:report", closed.campaign.id)
    assert "Came to the appointment 1" in page.text
    assert client.post(address, {"attended": "0", "missed": "1"}).status_code == 302
    assert list(BatchTally.objects.values_list("measure", "count")) == [("missed", 1)]
    client.post(address, {"attended": "", "missed": "1"})
    assert AuditEvent.objects.filter(action="campaign.attendance_entered").count() == 2
    client.post(address, {"attended": "", "missed": ""})
    assert not BatchTally.objects.exists()


@pytest.mark.parametrize(
    ("entered", "problem"),
    [
        ({"attended": "2"}, "1 patient has booked through this batch"),
        ({"attended": "some"}, "How many came must be a whole number, like 12"),
        ({"missed": "-1"}, "How many did not come must be a whole number, like 3"),
    ],
)
def test_what_cannot_be_is_refused(client: Client, closed: Closed, entered: dict[str, str], problem: str) -> None:
    page = check_page(client.post(reverse("staff:attendance", args=[closed.campaign.id]), entered))
    assert problem in page.text
    assert not BatchTally.objects.exists()


def test_an_age_that_is_not_known_has_a_line(client: Client, closed: Closed) -> None:
    closed.cannot.date_of_birth = None
    closed.cannot.save()
    assert "Not known" in look(client, "staff:report", closed.campaign.id).text
