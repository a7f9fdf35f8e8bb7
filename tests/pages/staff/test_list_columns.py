"""The page on who can be sent to, with questions about columns, in a real browser: fit for use with and without script.

No worker runs here: the list is checked before the browser opens.
"""

from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from patients.models import PatientList
from tests.factories import make_campaign
from tests.pages.staff.test_sending import Desk
from tests.patients.list_files import SYSTMONE_HEADER, systmone
from tests.patients.uploads import upload
from tests.system.inspection import look_over

pytestmark = pytest.mark.system

LIST = b"Flu recall\r\n" + systmone(
    ("9990000018", "07700900123", "09/03/1958", "01632 960000", "Letter", "RIP 01/02/2026"),
    ("9990000026", "07700900124", "10/04/1960", "", "", "rang daughter"),
    ("9990000034", "07700900125", "11/05/1962", "", "Text message", ""),
    ("Total: 3", "", "", "", "", ""),
    header=f"{SYSTMONE_HEADER.replace('Telecom', 'Mobile')},Telephone,Preferred method of contact,Notes",
)


@pytest.fixture
def desk(served: str) -> Desk:
    return Desk(served)


@pytest.mark.parametrize("scripts", [True, False])
def test_staff_answer_and_go_on(desk: Desk, scripts: bool) -> None:
    batch = make_campaign(desk.practice, desk.staff, list_agreed=False)
    batch.patient_list = upload(desk.practice, desk.staff, LIST)
    batch.save()
    with desk.browser(scripts=scripts) as page:
        response = page.goto(f"{desk.served}/batches/{batch.id}/patients/")
        assert response is not None
        look_over(page, response.text())
        expect(page.get_by_role("button", name="Continue")).to_have_count(0)
        with page.expect_response(lambda response: response.request.method == "POST") as posted:
            page.get_by_role("button", name="Save your answers").click()
        expect(page.get_by_role("heading", name="There is a problem")).to_be_visible()
        look_over(page, posted.value.text())
        for choice in page.get_by_label("Leave out").all():
            choice.check()
        page.get_by_role("group", name="Text message").get_by_label("Can be texted").check()
        page.get_by_role("button", name="Save your answers").click()
        expect(page.get_by_text("You have answered these.")).to_be_visible()
        response = page.reload()
        assert response is not None
        look_over(page, response.text())
        page.get_by_role("button", name="Continue").click()
        expect(page.get_by_role("heading", name="Check before you send")).to_be_visible()
        assert urlsplit(page.url).path.endswith("/summary/")
    stored = PatientList.objects.get(id=batch.patient_list.id)
    assert [row.row_number for row in stored.recipients.can()] == [5]
