"""Staff read on their home page that the practice's connection runs out: those who can see to it first."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from integrations.models import ClinicalConnection
from integrations.sandbox.network.authority import Authority
from practices.models import Practice, Role
from tests.factories import make_practice, make_staff
from tests.html import check_page

pytestmark = pytest.mark.django_db
SPINE = Authority("Spine")
SOON, OVER = "The connection to EMIS runs out soon", "The connection to EMIS has run out"


def home(practice: Practice, role: Role) -> str:
    client = Client()
    client.force_login(make_staff(practice, role))
    return check_page(client.get(reverse("campaigns:home"))).text


@pytest.mark.hazard("H-14.2")
@pytest.mark.parametrize(
    ("days", "manager_reads", "others_read"),
    [(61, "", ""), (60, SOON, ""), (30, SOON, ""), (7, SOON, SOON), (-1, OVER, OVER)],
)
def test_managers_read_it_long_before_and_everybody_in_the_last_week(
    days: int, manager_reads: str, others_read: str
) -> None:
    practice = make_practice(clinical_system="emis")
    client = SPINE.client(lasts=timedelta(days=days))
    ClinicalConnection.objects.create(
        practice=practice,
        gp_connect_url="https://gp.example.nhs.uk/x",
        client_certificate=client.certificate,
        client_key=client.key,
    )
    for role, words in ((Role.MANAGER, manager_reads), (Role.SENDER, others_read), (Role.VIEWER, others_read)):
        text = home(practice, role)
        assert words in text
        assert ("The connection to EMIS" in text) == bool(words)
        assert ("Ask your administrator to renew it" in text) == bool(words)


def test_a_practice_without_certificates_reads_nothing() -> None:
    assert "The connection to" not in home(make_practice(), Role.MANAGER)
