"""Pages travel compressed."""

import gzip

import pytest
from django.test import Client
from django.urls import reverse

pytestmark = pytest.mark.django_db


def test_a_page_is_compressed_for_browsers_that_take_it(client: Client) -> None:
    page = client.get(reverse("account_login"), headers={"accept-encoding": "gzip, br"})
    assert page["Content-Encoding"] == "gzip"
    assert page["Vary"].find("Accept-Encoding") >= 0
    plain = gzip.decompress(page.content)
    assert b"</html>" in plain
    assert len(page.content) < len(plain) / 2


def test_a_page_is_not_compressed_for_those_that_do_not(client: Client) -> None:
    page = client.get(reverse("account_login"))
    assert "Content-Encoding" not in page
    assert b"</html>" in page.content
