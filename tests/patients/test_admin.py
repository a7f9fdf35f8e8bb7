"""Administrators see which lists there are, and nothing about patients."""

from django.test import Client
from django.urls import reverse

from practices.models import User
from tests.patients.conftest import Surgery
from tests.patients.list_files import GOOD, systmone


def test_lists_are_shown_without_anything_personal(systmone_surgery: Surgery, client: Client) -> None:
    """Administrators see ids and counts, not even the name of the file."""
    stored = systmone_surgery.upload(systmone(GOOD), "asha patel.csv")
    client.force_login(User.objects.create_superuser("admin@example.org", "a long made-up password"))
    pages = [
        client.get(reverse("admin:patients_patientlist_changelist")),
        client.get(reverse("admin:patients_patientlist_change", args=[stored.id])),
    ]
    for page in pages:
        text = page.content.decode()
        assert page.status_code == 200
        assert str(stored.id) in text
        assert "asha patel" not in text
        assert "9990000018" not in text
    assert client.get(reverse("admin:patients_patientlist_add")).status_code == 403
    assert client.post(reverse("admin:patients_patientlist_delete", args=[stored.id])).status_code == 403
