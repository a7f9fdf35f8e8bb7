"""A practice's managers choose whether slots without a kind are offered, and the clinical system is read so."""

import pytest
from django.test import Client
from django.urls import reverse

from integrations.connections import clinical_connection
from integrations.models import ClinicalConnection
from practices.models import AuditEvent, Role
from tests.factories import make_practice, make_staff
from tests.html import check_page

pytestmark = pytest.mark.django_db


def test_a_manager_chooses_and_it_is_on_record(client: Client) -> None:
    practice = make_practice()
    ClinicalConnection.objects.create(practice=practice, gp_connect_url="https://gp.example.nhs.uk")
    client.force_login(make_staff(practice, Role.MANAGER))
    address = reverse("practices:slots")
    assert not clinical_connection(practice).offers_unmarked
    assert "Telephone" in check_page(client.get(address)).text
    for answer, saved in (("yes", "Saved"), ("yes", "Nothing has changed"), ("no", "Saved")):
        assert saved in check_page(client.post(address, {"unmarked": answer}, follow=True)).text
        practice.refresh_from_db()
        assert clinical_connection(practice).offers_unmarked == (answer == "yes")
    events = AuditEvent.objects.filter(practice=practice, action="practice.slots").order_by("id")
    assert [event.data["offers_unmarked"] for event in events] == [True, False]


def test_something_must_be_chosen(client: Client) -> None:
    client.force_login(make_staff(make_practice(), Role.MANAGER))
    assert "Choose whether patients are offered them" in check_page(client.post(reverse("practices:slots"), {})).text
