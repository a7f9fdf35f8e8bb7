"""The page of codes that are not in the record yet, in a real browser: fit for use, and whole without scripts."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from integrations.models.outbox import CodedEntry, GatewayOutage
from integrations.models.states import CodeState
from tests.factories import make_coded_entry, make_invitation
from tests.pages.staff.test_sending import (
    Desk,
    button,
    desk,  # noqa: F401 - a fixture
)
from tests.system.inspection import look_over

pytestmark = pytest.mark.system

REASON = "EMIS needs its own code for this concept and none is known. File it by hand."


def batch_with_codes(at: Desk, count: int) -> str:
    """A sent batch with codes to file by hand, and one that we still try; the address of its page."""
    batch = at.sent()
    before = timezone.now() - timedelta(hours=3)
    values: dict[str, Any] = {"happened_at": before, "due_at": None, "settled_at": before}
    for _ in range(count):
        make_coded_entry(make_invitation(batch), **values, state=CodeState.NOT_FILED, reason=REASON)
    make_coded_entry(make_invitation(batch), **values | {"due_at": timezone.now()}, state=CodeState.DUE)
    GatewayOutage.objects.create(practice=at.practice, since=before, retry_at=timezone.now())
    return f"{at.served}/batches/{batch.id}/codes/"


def look_at(page: Page, address: str) -> None:
    response = page.goto(address)
    assert response is not None
    look_over(page, response.text())


def test_the_pages_are_fit_for_use(desk: Desk) -> None:  # noqa: F811 - the fixture
    address = batch_with_codes(desk, 27)
    with desk.browser() as page:
        for path in ("", "?page=2", "all/"):
            look_at(page, address + path)
        page.goto(address)
        with page.expect_response(address + "*") as answered:
            button(page, "Mark as filed by hand").click()
        look_over(page, answered.value.text())
        expect(page.get_by_role("link", name="Tick the codes that you have filed")).to_be_visible()


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_codes_are_ticked_off_until_none_is_left(desk: Desk, scripts: bool) -> None:  # noqa: F811 - the fixture
    address = batch_with_codes(desk, 3)
    with desk.browser(scripts=scripts) as page:
        page.goto(address)
        with page.expect_download() as file:
            page.get_by_role("button", name="Download list").click()
        assert file.value.suggested_filename == "codes-to-file.csv"
        page.get_by_role("checkbox").first.check()
        button(page, "Mark as filed by hand").click()
        expect(page.get_by_text("1 code marked as filed by hand.")).to_be_visible()
        expect(page.get_by_role("checkbox")).to_have_count(2)
        page.get_by_role("link", name="I have filed them all").click()
        expect(page.get_by_text("The file that you downloaded on")).to_be_visible()
        button(page, "Yes, mark 2 codes as filed").click()
        expect(page.get_by_role("checkbox")).to_have_count(0)
        expect(page.get_by_text("Your team has filed 3 codes of this batch by hand.")).to_be_visible()
    assert CodedEntry.objects.filter(state=CodeState.BY_HAND, by_hand_by=desk.staff).count() == 3


def test_many_codes_are_filed_at_once(desk: Desk) -> None:  # noqa: F811 - the fixture
    batch_with_codes(desk, 3)
    numbers = sorted(CodedEntry.objects.filter(state=CodeState.NOT_FILED).values_list("nhs_number", flat=True))
    with desk.browser(scripts=False) as page:
        look_at(page, f"{desk.served}/codes-to-file/")
        page.get_by_role("link", name="Short message service").click()
        expect(button(page, "Download as text")).to_be_visible()
        look_over(page, page.content())
        with page.expect_download() as file:
            page.get_by_role("button", name="Download as text").click()
        assert file.value.path().read_text().split() == numbers
        page.get_by_role("link", name="Show the NHS numbers, to copy them").click()
        expect(page.locator("textarea")).to_be_visible()
        look_over(page, page.content())
        page.get_by_role("link", name="Back", exact=True).click()
        page.get_by_label("File with the NHS numbers").set_input_files(
            {"name": "filed.csv", "mimeType": "text/csv", "buffer": "\n".join(numbers[:2]).encode()}
        )
        button(page, "Compare").click()
        expect(button(page, "Mark 2 codes as filed by hand")).to_be_visible()
        look_over(page, page.content())
        button(page, "Mark 2 codes as filed by hand").click()
        expect(page.get_by_text("2 codes marked as filed by hand.")).to_be_visible()
        page.get_by_role("link", name="Short message service").click()
        page.get_by_role("link", name="I have filed the whole list").click()
        expect(button(page, "Yes, mark 1 code as filed")).to_be_visible()
        look_over(page, page.content())
        button(page, "Yes, mark 1 code as filed").click()
        expect(page.get_by_text("There are no codes to file by hand.")).to_be_visible()
