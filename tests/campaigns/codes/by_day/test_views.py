"""The pages on which staff file one code for many patients, and say who has it now."""

import io
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from openpyxl import Workbook

from campaigns.codes.by_day import groups as by_day
from campaigns.models import Campaign, SnomedCode
from core.wording import nhs_number
from integrations.clinical.registry import SYSTEMS
from integrations.models.outbox import CodedEntry
from integrations.models.states import CodeState
from practices.models import AuditEvent, Practice, User
from tests.campaigns.codes.by_day.conftest import HAPPENED, make_entry
from tests.factories import make_campaign, make_practice
from tests.factories import nhs_number as made_up
from tests.html import Page, check_page

pytestmark = pytest.mark.django_db


def address(practice: Practice, name: str = "code-day") -> str:
    (group, *_) = by_day.groups(practice)
    return reverse(f"campaigns:{name}", args=[group.key])


def upload(client: Client, practice: Practice, content: str | bytes, name: str = "filed.csv") -> Page:
    file = SimpleUploadedFile(name, content.encode() if isinstance(content, str) else content)
    return check_page(client.post(address(practice, "code-day-compare"), {"file": file}))


def confirm(client: Client, practice: Practice, page: Page) -> Page:
    (entries,) = [str(box.get("value")) for box in page.all("input") if box.get("name") == "entries"]
    answer = client.post(address(practice, "code-day-filed"), {"entries": entries}, follow=True)
    return check_page(answer)


def states() -> dict[Any, str]:
    return dict(CodedEntry.objects.values_list("id", "state"))


@pytest.mark.parametrize("system", ["emis", "systmone"])
def test_the_steps_and_the_file_are_those_of_the_practices_system(client: Client, system: str) -> None:
    batch = make_campaign(make_practice(clinical_system=system), started=True)
    client.force_login(batch.created_by)
    entry, practice, profile = make_entry(batch), batch.practice, SYSTEMS[system]
    page = check_page(client.get(address(practice)))
    for fact in (entry.term, entry.concept_id, "2 July 2026", *profile.many_codes.steps):
        assert fact in page.text, fact
    file = client.get(address(practice, "code-day-csv"))
    heading, row, *rest = file.content.decode("utf-8-sig").splitlines()
    assert heading.split(",") == list(profile.many_codes.columns)
    assert row.split(",")[0] == entry.nhs_number
    assert rest == []
    assert entry.nhs_number not in str(file.headers)


def test_the_list_can_be_had_as_plain_lines_and_as_text_to_copy(
    staffs: Client, practice: Practice, batch: Campaign
) -> None:
    numbers = sorted(make_entry(batch).nhs_number for _ in range(3))
    text = staffs.get(address(practice, "code-day-text"))
    assert text.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert text.content.decode() == "".join(f"{number}\r\n" for number in numbers)
    page = check_page(staffs.get(address(practice, "code-day-numbers")))
    assert page.text.split("box and copy it.")[1].split()[:3] == numbers
    events = AuditEvent.objects.filter(action="patients.downloaded").order_by("id")
    assert [event.data["file"] for event in events] == ["codes-as-text", "codes-to-copy"]
    assert events[0].data | {"file": ""} == {
        "file": "", "concept_id": by_day.groups(practice)[0].concept_id, "day": "2026-07-02", "count": 3,
    }  # fmt: skip


def test_the_codes_and_days_are_listed_and_nothing_of_a_patient(
    staffs: Client, practice: Practice, batch: Campaign
) -> None:
    entry = make_entry(batch)
    make_entry(batch, CodeState.CHECK, look_first=True)
    page = check_page(staffs.get(reverse("campaigns:code-days")))
    assert "2 codes are not in the record" in page.text
    assert "1 to look at first" in page.text
    assert nhs_number(entry.nhs_number) not in page.text
    assert "Asha" not in page.text


def test_nothing_to_file(staffs: Client) -> None:
    assert "There are no codes to file by hand." in check_page(staffs.get(reverse("campaigns:code-days"))).text


def test_a_stopped_code_is_neither_listed_nor_taken(staffs: Client, practice: Practice, batch: Campaign) -> None:
    entry = make_entry(batch)
    SnomedCode.objects.filter(concept_id=entry.concept_id).update(active=False)
    page = check_page(staffs.get(address(practice)))
    assert "Do not file this code now" in page.text
    assert "Download" not in page.text
    assert staffs.get(address(practice, "code-day-text")).content == b""


@pytest.mark.hazard("H-08.6")
def test_an_upload_says_who_matched_and_settles_exactly_those(
    staffs: Client, staff: User, practice: Practice, batch: Campaign
) -> None:
    filed, other, open_one = (make_entry(batch) for _ in range(3))
    earlier = make_entry(batch, happened_at=HAPPENED - timedelta(days=2))
    before = make_entry(batch, CodeState.BY_HAND, by_hand_by=staff)
    stranger = made_up(400_000)
    listed = [filed, other, other, earlier, before]
    rows = "".join(f"Patel,{nhs_number(entry.nhs_number)},F\r\n" for entry in listed)
    page = upload(staffs, practice, f"Surname,NHS Number,Sex\r\n{rows}Patel,{stranger},F\r\nPatel,9990000019,F\r\n")
    for fact in (
        "Patients on both lists 2",
        "Still to file 1",
        "Marked as filed before 1",
        "On another list of yours 1",
        "Not on any list 1",
        "NHS numbers that cannot be used 1",
        "In your file more than once 1",
        "Row 8: This is not an NHS number",
        f"Asha Patel, NHS number {nhs_number(open_one.nhs_number)}",
    ):
        assert " ".join(fact.split()) in " ".join(page.text.split()), fact
    assert set(states().values()) == {"not_filed", "by_hand"}
    done = confirm(staffs, practice, page)
    assert "2 codes marked as filed by hand." in done.text
    assert {key for key, state in states().items() if state == "by_hand"} == {filed.id, other.id, before.id}
    filed.refresh_from_db()
    assert filed.by_hand_by == staff
    again = confirm(staffs, practice, page)
    assert "Somebody has marked these codes as filed already." in again.text


def workbook(*rows: list[object]) -> bytes:
    book, file = Workbook(), io.BytesIO()
    for row in rows:
        book.active.append(row)  # type: ignore[union-attr] # a new workbook has a sheet
    book.save(file)
    return file.getvalue()


@pytest.mark.parametrize("layout", ["lines", "spaced", "semicolons", "no heading", "workbook", "our own"])
def test_a_list_may_be_laid_out_in_any_way(staffs: Client, practice: Practice, batch: Campaign, layout: str) -> None:
    number = make_entry(batch).nhs_number
    spaced = f"{number[:3]} {number[3:6]} {number[6:]}"
    contents: dict[str, str | bytes] = {
        "lines": f"{number}\n",
        "spaced": f"\ufeff{spaced}\r\n\r\n",
        "semicolons": f"Name;NHS No\nAsha;{spaced}\n",
        "no heading": f"Asha Patel,1958-03-09,{number},07700900123\n",
        "workbook": workbook(["Report of 2 July"], [], ["Surname", "NHS number"], ["Patel", int(number)]),
        "our own": staffs.get(address(practice, "code-day-csv")).content,
    }
    page = upload(staffs, practice, contents[layout], "a.xlsx" if layout == "workbook" else "a.csv")
    assert "Patients on both lists 1" in " ".join(page.text.split())


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "The selected file is empty"),
        ("Surname\nPatel\n", "There is no NHS number in the file"),
        (b"%PDF-1.7 x", "a PDF"),
    ],
)
def test_a_file_that_is_none_is_refused(
    staffs: Client, practice: Practice, batch: Campaign, content: str | bytes, message: str
) -> None:
    make_entry(batch)
    page = upload(staffs, practice, content)
    assert message in page.text
    assert "There is a problem" in page.text


def test_the_whole_list_is_marked_as_it_was_taken(staffs: Client, practice: Practice, batch: Campaign) -> None:
    early = make_entry(batch)
    staffs.get(address(practice, "code-day-text"))
    late = make_entry(batch, settled_at=timezone.now() - timedelta(seconds=5))
    asked = check_page(staffs.get(address(practice, "code-day-all")))
    assert "has 1 code that nobody has marked" in asked.text
    (until,) = [str(box.get("value")) for box in asked.all("input") if box.get("name") == "until"]
    page = check_page(staffs.post(address(practice, "code-day-all"), {"until": until}, follow=True))
    assert "1 code marked as filed by hand." in page.text
    assert states() == {early.id: "by_hand", late.id: "not_filed"}


def test_a_list_of_which_nothing_is_left_leads_back(staffs: Client, practice: Practice, batch: Campaign) -> None:
    make_entry(batch)
    path = address(practice)
    CodedEntry.objects.update(state=CodeState.BY_HAND, by_hand_by=batch.created_by)
    page = check_page(staffs.get(path, follow=True))
    assert "Somebody has marked these codes as filed already." in page.text
    assert staffs.get(path.replace("2026", "2025")).status_code == 404
    assert staffs.get(reverse("campaigns:code-day", args=["nonsense"])).status_code == 404


def test_five_thousand_entries_are_quick(
    staffs: Client, practice: Practice, batch: Campaign, django_assert_max_num_queries: Any
) -> None:
    entry = make_entry(batch)
    values = {
        field.attname: getattr(entry, field.attname)
        for field in CodedEntry._meta.concrete_fields
        if field.attname not in ("id", "subject_id", "nhs_number")
    }
    recipients = [made_up(100_000 + serial) for serial in range(5_000)]
    CodedEntry.objects.bulk_create(
        CodedEntry(subject_id=entry.subject_id, nhs_number=number, **values | {"purpose": f"x{at}"})
        for at, number in enumerate(recipients)
    )
    with django_assert_max_num_queries(26):
        text = staffs.get(address(practice, "code-day-text")).content.decode()
        assert text.count("\r\n") == len({*recipients, entry.nhs_number})
        page = upload(staffs, practice, text)
    with django_assert_max_num_queries(26):
        assert "5,001 codes marked as filed by hand." in confirm(staffs, practice, page).text
