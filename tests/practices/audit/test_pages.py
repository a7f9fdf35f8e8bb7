"""The audit page: who looked at whom is written, and managers find it, in their own practice only."""

import csv
from io import StringIO
from typing import cast

import pytest
from django.http import StreamingHttpResponse
from django.test import Client
from django.urls import reverse

from campaigns.models import Campaign
from practices.audit import trail as audit
from practices.models import AuditEvent, Practice, Role, User
from tests.factories import make_campaign, make_invitation, make_practice, make_staff
from tests.html import Page, check_page

pytestmark = pytest.mark.django_db

PAGE = "/audit/"


@pytest.fixture
def practice() -> Practice:
    return make_practice(clinical_system="systmone")


@pytest.fixture
def manager(practice: Practice, client: Client) -> User:
    user = make_staff(practice, Role.MANAGER, given_name="Mina", family_name="Shah")
    client.force_login(user)
    return user


def rows(client: Client, path: str = PAGE) -> list[str]:
    response = client.get(path)
    page = check_page(response)
    return [" ".join("".join(row.itertext()).split()) for row in page.rows]


def search(client: Client, **typed: str) -> list[str]:
    response = client.post(PAGE, typed)
    assert (response.status_code, response.headers.get("Location")) == (302, PAGE), Page(response.content.decode()).text
    return rows(client)


def table(client: Client) -> list[list[str]]:
    response = cast(StreamingHttpResponse, client.get(PAGE + "audit.csv"))
    text = b"".join(cast("list[bytes]", list(response))).decode("utf-8-sig")
    return list(csv.reader(StringIO(text)))


def test_managers_see_what_was_done_in_plain_words(client: Client, manager: User, practice: Practice) -> None:
    batch = make_campaign(practice, manager)
    audit.record("campaign.sent", practice=practice, actor=manager, object_id=batch.id)
    audit.record("invitation.declined", practice=practice, actor=None, campaign_id=str(batch.id))
    declined, sent = rows(client)
    assert "Mina Shah" in sent
    assert "Sent a batch" in sent
    assert "Flu clinic" in sent
    assert "The patient" in declined
    assert "Patient declined" in declined
    assert "Flu clinic" in declined


@pytest.mark.parametrize("role", [Role.VIEWER, Role.SENDER])
def test_others_may_not_look(client: Client, practice: Practice, role: Role) -> None:
    client.force_login(make_staff(practice, role))
    assert client.get(PAGE).status_code == 403
    assert client.post(PAGE, {}).status_code == 403
    assert client.get(PAGE + "audit.csv").status_code == 403
    assert PAGE not in client.get(reverse("campaigns:home")).content.decode()


def test_home_leads_managers_there(client: Client, manager: User) -> None:
    assert PAGE in client.get(reverse("campaigns:home")).content.decode()


def test_nothing_of_another_practice_is_found(client: Client, manager: User) -> None:
    other = make_campaign()
    theirs = make_invitation(other)
    audit.record("campaign.sent", practice=other.practice, actor=other.created_by, object_id=other.id)
    assert rows(client) == []
    number = theirs.recipient.nhs_number
    assert [row for row in search(client, nhs_number=number) if "Searched" not in row] == []
    refused = client.post(PAGE, {"batch": str(other.id)})
    assert refused.status_code == 200
    assert len(table(client)) <= 2
    assert "Flu clinic" not in refused.content.decode()


def test_a_search_holds_all_that_is_asked(client: Client, manager: User, practice: Practice) -> None:
    ada = make_staff(practice)
    first, two = make_campaign(practice, ada), make_campaign(practice, ada, slot_type="Smear")
    audit.record("campaign.sent", practice=practice, actor=ada, object_id=first.id)
    audit.record("campaign.sent", practice=practice, actor=manager, object_id=two.id)
    audit.record("campaign.paused", practice=practice, actor=ada, object_id=two.id)
    audit.record("texts.stopped", practice=practice, actor=None, code="20003")
    assert len(rows(client)) == 4
    assert len(search(client, actor=str(ada.id))) == 2
    assert len(search(client, actor="nobody")) == 1
    assert len(search(client, action="campaign.sent")) == 2
    assert len(search(client, batch=str(two.id))) == 2
    (only,) = search(client, actor=str(ada.id), action="campaign.sent")
    assert "Flu clinic" in only
    assert len(search(client, clear="yes")) == 4


def test_days_are_london_days_and_both_count(client: Client, manager: User, practice: Practice) -> None:
    for at in ("2026-07-01T22:59:00Z", "2026-07-01T23:01:00Z", "2026-07-02T22:59:00Z", "2026-07-02T23:01:00Z"):
        AuditEvent.objects.create(practice=practice, actor=manager, action="campaign.sent", at=at)
    day = {"day": "2", "month": "7", "year": "2026"}
    typed = {f"{box}_{part}": value for box in ("since", "until") for part, value in day.items()}
    assert len(search(client, **typed)) == 2


@pytest.mark.parametrize(
    ("typed", "error"),
    [
        ({"since_day": "31", "since_month": "2", "since_year": "2026"}, "must be a real date"),
        ({"nhs_number": "999 123 4568"}, "This is not an NHS number"),
        (
            {"since_day": "2", "since_month": "2", "since_year": "2026"}
            | {"until_day": "1", "until_month": "2", "until_year": "2026"},
            "or after it",
        ),
    ],
)
def test_what_makes_no_sense_is_asked_again(client: Client, manager: User, typed: dict[str, str], error: str) -> None:
    page = check_page(client.post(PAGE, typed))
    assert page.title.startswith("Error: ")
    assert error in page.text


def looked(batch: Campaign) -> AuditEvent:
    return AuditEvent.objects.filter(action="patients.looked", batch_id=batch.id).latest("id")


def test_who_looked_at_a_patient_is_found_by_nhs_number(client: Client, manager: User, practice: Practice) -> None:
    ada = make_staff(practice)
    batch = make_campaign(practice, ada, rows=2, list_agreed=False)
    assert batch.patient_list is not None
    wanted, other = batch.patient_list.recipients.order_by("row_number")
    staff = Client()
    staff.force_login(ada)
    assert staff.get(f"/batches/{batch.id}/patients/rows/?show=can").status_code == 200
    event = looked(batch)
    assert event.actor == ada
    assert set(event.patient_ids) == {wanted.id, other.id}
    audit.looked(practice=practice, actor=manager, patient_ids=[other.id], campaign_id=batch.id)
    (searched, seen) = search(client, nhs_number=wanted.nhs_number)
    assert "Searched the audit trail" in searched
    assert "Ada Okafor" in seen
    assert "Looked at patients" in seen


def test_what_patients_did_and_downloads_with_them_are_found_too(
    client: Client, manager: User, practice: Practice
) -> None:
    invitation = make_invitation(make_campaign(practice, manager, started=True))
    batch = invitation.campaign
    audit.record("invitation.declined", practice=practice, actor=None, object_id=invitation.id)
    assert client.get(f"/batches/{batch.id}/follow-up.csv").status_code == 200
    assert client.get(f"/batches/{batch.id}/cannot-be-sent.csv").status_code == 200
    assert client.get(f"/batches/{batch.id}/codes-to-file.csv").status_code == 200
    files = AuditEvent.objects.filter(action="patients.downloaded", batch_id=batch.id, actor=manager)
    assert [event.data["file"] for event in files.order_by("id")] == ["follow-up", "cannot-be-sent", "codes-to-file"]
    matches = search(client, nhs_number=invitation.recipient.nhs_number)
    assert len([row for row in matches if "Downloaded a list of patients" in row]) == 3
    assert len([row for row in matches if "Patient declined" in row]) == 1


def test_no_number_stands_in_the_trail_or_an_address(client: Client, manager: User, practice: Practice) -> None:
    invitation = make_invitation(make_campaign(practice, manager, started=True))
    number = invitation.recipient.nhs_number
    search(client, nhs_number=number)
    table(client)
    for event in AuditEvent.objects.all():
        assert number not in str((event.data, event.patient_ids, event.object_id))
    assert number not in client.get(PAGE + "?page=1").headers.get("Location", "")


def test_the_csv_has_what_the_page_shows_and_runs_nothing(client: Client, manager: User, practice: Practice) -> None:
    villain = make_staff(practice, given_name="=cmd()", family_name="X")
    audit.record("campaign.sent", practice=practice, actor=villain, object_id=make_campaign(practice, villain).id)
    audit.record("campaign.paused", practice=practice, actor=manager)
    search(client, action="campaign.sent")
    heads, *records = table(client)
    assert heads[:5] == ["Number", "When", "Who", "Email", "What"]
    ((_, _, who, email, what, batch, *_),) = records
    assert (who, email, what, batch) == ("'=cmd() X", villain.email, "Sent a batch", "Flu clinic")
    event = AuditEvent.objects.get(action="audit.downloaded")
    assert (event.actor, event.data) == (manager, {"searched_by": ["action"]})


def test_a_long_trail_is_shown_a_page_at_a_time(
    client: Client, manager: User, practice: Practice, django_assert_max_num_queries: object
) -> None:
    for _ in range(60):
        batch = make_campaign(practice, manager, patient_list=None)
        audit.record("campaign.created", practice=practice, actor=manager, object_id=batch.id)
    with django_assert_max_num_queries(12):  # type: ignore[operator] # pytest-django's fixture
        assert len(rows(client)) == 50
    assert len(rows(client, PAGE + "?page=2")) == 10
