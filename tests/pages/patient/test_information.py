"""Pages about privacy, cookies and accessibility, and those on which managers choose, in a real browser."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.test import Client

from practices.models import PracticeInformation, Role
from tests.factories import make_practice, make_staff
from tests.pages.browser import browser_page
from tests.pages.site.test_scripts import RULES

pytestmark = pytest.mark.system

WIDTHS = (1280, 320)


def test_they_are_accessible_and_fit_the_screen(served: str) -> None:
    practice = make_practice(ods_code="A00099")
    long = "https://www.example.nhs.uk/" + "privacy-notice-" * 10
    PracticeInformation.objects.create(practice=practice, privacy=long, data_protection_contact=f"Dr Okoro\n{long}")
    client = Client()
    client.force_login(make_staff(practice, Role.MANAGER))
    session = client.cookies[settings.SESSION_COOKIE_NAME].value
    own = [f"/practice/A00099/{name}/" for name in ("privacy", "cookies", "accessibility")]
    with browser_page() as page:
        page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": served}])
        for path in (*own, "/privacy/", "/information-for-patients/", "/alerts/"):
            page.goto(f"{served}{path}")
            for width in WIDTHS:
                page.set_viewport_size({"width": width, "height": 900})
                results = Axe().run(page, options=RULES)
                assert results.violations_count == 0, f"{path}: {results.generate_report()}"
                assert page.evaluate("document.documentElement.scrollWidth") <= width, (path, width)
