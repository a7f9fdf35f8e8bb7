"""Codes that are not in the record yet: their page, CSV, and filing by hand (faults#codes-not-filed)."""

import csv
import io
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from campaigns.codes import by_hand
from campaigns.models import Campaign
from core.wording import nhs_number
from integrations.models.outbox import CodedEntry, GatewayOutage
from integrations.models.states import CODE_MOVES, FOR_A_PERSON, CodeState
from integrations.outbox.messages import receipts
from patients.models import Recipient
from practices.models import AuditEvent, Practice, Role, User
from tests.factories import make_campaign, make_coded_entry, make_invitation, make_practice, make_staff
from tests.html import Page, check_page

pytestmark = pytest.mark.django_db

HAPPENED = datetime.fromisoformat("2026-07-01T23:30:00+00:00")
REASON = "EMIS needs its own code for this concept and none is known. File it by hand."


@pytest.fixture
def batch(practice: Practice, staff: User) -> Campaign:
    return make_campaign(practice, staff, started=True)


@pytest.fixture
def staffs(client: Client, staff: User) -> Client:
    client.force_login(staff)
    return client


def entry(batch: Campaign, state: CodeState = CodeState.NOT_FILED, **fields: Any) -> CodedEntry:
    values: dict[str, Any] = {
        "state": state,
        "happened_at": HAPPENED,
        "due_at": None,
        "settled_at": timezone.now() - timedelta(minutes=5),
        "reason": REASON,
        "local_scheme": "",
        "local_code": "",
    }
    return make_coded_entry(make_invitation(batch), **values | fields)


def address(batch: Campaign, name: str = "codes") -> str:
    return reverse(f"campaigns:{name}", args=[batch.id])


def rows_of(client: Client, batch: Campaign) -> list[list[str]]:
    response = client.get(address(batch, "codes-csv"))
    assert response.streaming
    content = b"".join(response.streaming_content).decode("utf-8")  # type: ignore[attr-defined] # a streaming answer
    assert content.startswith("\ufeff")
    return list(csv.reader(io.StringIO(content.removeprefix("\ufeff"), newline="")))


def ticks(page: Page) -> list[str]:
    return [box.get("value", "") for box in page.all("input") if box.get("name") == "entries"]


@pytest.mark.parametrize("state", FOR_A_PERSON)
def test_an_entry_that_needs_a_person_is_shown_with_all_it_takes(
    staffs: Client, batch: Campaign, state: CodeState
) -> None:
    code = entry(batch, state, local_scheme="READ2", local_code="9N3G")
    page = check_page(staffs.get(address(batch)))
    assert page.title.startswith("Codes not in the record yet")
    for fact in (
        "Asha Patel",
        nhs_number(code.nhs_number),
        "Not in the record yet",
        f"{code.term} ({code.concept_id})",
        "READ2 code: 9N3G",
        "Date to give it: 2 July 2026",
        REASON,
        "1 code is not in the record",
    ):
        assert fact.replace("\xa0", " ") in page.text.replace("\xa0", " "), fact
    assert ticks(page) == [str(code.id)]


@pytest.mark.parametrize("state", [CodeState.FILED, CodeState.WITHDRAWN])
def test_what_is_done_is_not_listed(staffs: Client, batch: Campaign, state: CodeState) -> None:
    entry(batch, state)
    page = check_page(staffs.get(address(batch)))
    assert "There are no codes to file by hand." in page.text
    assert "Asha" not in page.text


@pytest.mark.parametrize("state", [CodeState.DUE, CodeState.STARTED, CodeState.UNCONFIRMED])
def test_what_has_been_on_its_way_for_long_is_shown_and_not_to_be_filed(
    staffs: Client, batch: Campaign, state: CodeState
) -> None:
    entry(batch, state, due_at=timezone.now())
    fresh = entry(batch, CodeState.DUE, happened_at=timezone.now(), due_at=timezone.now())
    page = check_page(staffs.get(address(batch)))
    assert "1 code is not in the record yet. We keep trying. Do not file them by hand" in page.text
    assert nhs_number(fresh.nhs_number) not in page.text
    assert ticks(page) == []
    assert [row[0] for row in rows_of(staffs, batch)] == ["First name"]


def test_a_clinical_system_that_is_away_is_named_as_the_reason(staffs: Client, batch: Campaign) -> None:
    entry(batch, CodeState.DUE, due_at=timezone.now())
    GatewayOutage.objects.create(practice=batch.practice, since=HAPPENED, retry_at=timezone.now())
    page = check_page(staffs.get(address(batch)))
    assert "has not answered since Thursday 2 July 2026 at 12:30am" in page.text


def test_entries_come_a_page_at_a_time(staffs: Client, batch: Campaign) -> None:
    codes = [entry(batch, happened_at=HAPPENED + timedelta(minutes=number)) for number in range(27)]
    first = check_page(staffs.get(address(batch)))
    second = check_page(staffs.get(address(batch) + "?page=2"))
    assert ticks(first) + ticks(second) == [str(code.id) for code in codes]
    assert "27 codes are not in the record" in first.text


def test_ticked_entries_are_filed_by_hand_and_leave_the_list(staffs: Client, batch: Campaign, staff: User) -> None:
    done, left = entry(batch), entry(batch)
    response = staffs.post(address(batch), {"entries": [str(done.id)]}, follow=True)
    page = check_page(response)
    assert "1 code marked as filed by hand." in page.text
    assert "Your team has filed 1 code of this batch by hand." in page.text
    assert ticks(page) == [str(left.id)]
    done.refresh_from_db()
    assert (done.state, done.by_hand_by, done.due_at) == (CodeState.BY_HAND, staff, None)
    assert done.settled_at is not None
    assert timezone.now() - done.settled_at < timedelta(minutes=1)
    event = AuditEvent.objects.get(action="campaign.codes_by_hand")
    assert (event.actor, event.object_id, event.data) == (staff, batch.id, {"count": 1, "all": False})


@pytest.mark.parametrize("sent", [{}, {"entries": ["nonsense"]}])
def test_without_a_tick_the_page_says_so(staffs: Client, batch: Campaign, sent: dict[str, Any]) -> None:
    entry(batch)
    page = check_page(staffs.post(address(batch), sent))
    assert page.title.startswith("Error: ")
    assert "Tick the codes that you have filed" in page.text
    assert not AuditEvent.objects.filter(action="campaign.codes_by_hand").exists()


def test_what_somebody_else_has_marked_stays_theirs(staffs: Client, batch: Campaign) -> None:
    code, filed = entry(batch), entry(batch, CodeState.FILED)
    colleague = make_staff(batch.practice)
    assert by_hand.mark_filed(campaign=batch, by=colleague, entries=[code.id]) == 1
    response = staffs.post(address(batch), {"entries": [str(code.id), str(filed.id)]}, follow=True)
    assert "Somebody has marked these codes as filed already." in check_page(response).text
    code.refresh_from_db()
    filed.refresh_from_db()
    assert (code.by_hand_by, filed.state) == (colleague, CodeState.FILED)
    assert AuditEvent.objects.filter(action="campaign.codes_by_hand").count() == 1


# The file


def test_the_file_has_what_it_takes_to_file_by_hand(staffs: Client, batch: Campaign) -> None:
    code = entry(batch, concept_id="1240781000000106", term="SARS-CoV-2 vaccination invitation SMS text message sent")
    headers, row = rows_of(staffs, batch)
    assert headers == by_hand.HEADERS
    number, mobile = code.nhs_number, Recipient.objects.get(nhs_number=code.nhs_number).mobile
    assert row == [
        "Asha",
        "Patel",
        f"{number[:3]} {number[3:6]} {number[6:]}",
        f"0{mobile[3:7]} {mobile[7:]}",
        "09/03/1958",
        "1240781000000106 |SARS-CoV-2 vaccination invitation SMS text message sent|",
        "",
        "2 July 2026",
        "Not in the record yet",
        REASON,
    ]


def test_no_cell_of_the_file_can_run_anything(staffs: Client, batch: Campaign) -> None:
    code = entry(batch, local_scheme="=READ2", local_code="+1", reason="@SUM(A1)")
    recipient = batch.patient_list.recipients.get(nhs_number=code.nhs_number)  # type: ignore[union-attr] # a sent batch
    recipient.given_name, recipient.family_name = '=HYPERLINK("http://x")', ""
    recipient.save()
    _, row = rows_of(staffs, batch)
    assert not [cell for cell in row if cell.startswith(("=", "+", "-", "@", "|"))]
    assert row[0] == "'" + '=HYPERLINK("http://x")'


def test_the_file_has_thousands_of_rows_in_a_few_queries(
    staffs: Client, batch: Campaign, monkeypatch: pytest.MonkeyPatch, django_assert_max_num_queries: Any
) -> None:
    monkeypatch.setattr(by_hand, "_CHUNK", 4)
    codes = [entry(batch, happened_at=HAPPENED + timedelta(minutes=number)) for number in range(10)]
    with django_assert_max_num_queries(20):
        _, *rows = rows_of(staffs, batch)
    assert [row[2].replace(" ", "") for row in rows] == [code.nhs_number for code in codes]


def test_exactly_the_files_entries_are_marked_at_once(staffs: Client, batch: Campaign, staff: User) -> None:
    for _ in range(3):
        entry(batch)
    rows_of(staffs, batch)
    later = entry(batch, settled_at=timezone.now())
    asked = check_page(staffs.get(address(batch, "codes-all")))
    assert "The file that you downloaded" in asked.text
    assert "has 3 codes" in asked.text
    until = next(field.get("value", "") for field in asked.all("input") if field.get("name") == "until")
    page = check_page(staffs.post(address(batch, "codes-all"), {"until": until}, follow=True))
    assert "3 codes marked as filed by hand." in page.text
    assert ticks(page) == [str(later.id)]
    assert CodedEntry.objects.filter(state=CodeState.BY_HAND, by_hand_by=staff).count() == 3
    assert AuditEvent.objects.get(action="campaign.codes_by_hand").data == {"count": 3, "all": True}


def test_without_a_file_all_that_are_listed_are_asked_about(staffs: Client, batch: Campaign) -> None:
    entry(batch)
    asked = check_page(staffs.get(address(batch, "codes-all")))
    assert "The list has 1 code that nobody has marked as filed." in asked.text
    # An address or form without a moment marks nothing.
    check_page(staffs.post(address(batch, "codes-all"), {"until": "soon"}))
    assert not CodedEntry.objects.filter(state=CodeState.BY_HAND).exists()


def test_a_file_that_is_done_with_is_not_asked_about_again(staffs: Client, batch: Campaign) -> None:
    code = entry(batch)
    rows_of(staffs, batch)
    by_hand.mark_filed(campaign=batch, by=batch.created_by, entries=[code.id])
    assert staffs.get(address(batch, "codes-all")).headers["Location"] == address(batch)
    session = staffs.session
    session[f"codes file {batch.id}"] = (timezone.now() - timedelta(hours=1)).isoformat()
    session.save()
    entry(batch)
    assert "The list has 1 code" in check_page(staffs.get(address(batch, "codes-all"))).text


# Who may see it


@pytest.mark.parametrize("name", ["codes", "codes-all", "codes-csv"])
def test_the_pages_are_the_practices_own(client: Client, batch: Campaign, name: str) -> None:
    code = entry(batch)
    assert client.get(address(batch, name)).status_code == 302
    client.force_login(make_staff(make_practice()))
    assert client.get(address(batch, name)).status_code == 404
    client.post(address(batch), {"entries": [str(code.id)]})
    client.post(address(batch, "codes-all"), {"until": timezone.now().isoformat()})
    code.refresh_from_db()
    assert code.state == CodeState.NOT_FILED


def test_a_batch_cannot_mark_anothers_entries(staffs: Client, batch: Campaign, practice: Practice) -> None:
    foreign = make_campaign(make_practice(), started=True)
    second = make_campaign(practice, started=True)
    for code in (entry(foreign), entry(second)):
        staffs.post(address(batch), {"entries": [str(code.id)]})
        code.refresh_from_db()
        assert code.state == CodeState.NOT_FILED


def test_every_role_may_see_it_and_a_draft_has_none(client: Client, practice: Practice) -> None:
    draft = make_campaign(practice)
    for role in Role:
        client.force_login(make_staff(practice, role))
        assert client.get(address(draft)).status_code == 404
        assert client.get(address(make_campaign(practice, started=True))).status_code == 200


# The state


def test_only_a_person_moves_an_entry_out_of_the_list_and_for_good() -> None:
    assert set(FOR_A_PERSON) == {CodeState.NOT_FILED, CodeState.CHECK}
    for state in FOR_A_PERSON:
        assert CODE_MOVES[state] == {CodeState.BY_HAND}
    assert CODE_MOVES[CodeState.BY_HAND] == frozenset()


def test_the_database_wants_to_know_who(batch: Campaign, staff: User) -> None:
    code = entry(batch)
    with pytest.raises(IntegrityError), transaction.atomic():
        CodedEntry.objects.filter(id=code.id).update(state=CodeState.BY_HAND)
    with pytest.raises(IntegrityError), transaction.atomic():
        CodedEntry.objects.filter(id=code.id).update(by_hand_by=staff)


def test_later_news_of_the_text_changes_nothing(batch: Campaign, staff: User) -> None:
    code = entry(batch)
    by_hand.mark_filed(campaign=batch, by=staff)
    receipts.after_change([code.subject_id])
    code.refresh_from_db()
    assert code.state == CodeState.BY_HAND
