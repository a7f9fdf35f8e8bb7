"""What staff see when they book for a patient: the places, whom it is with, and what is not as it should be."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from booking.models import SlotHold
from patients.values.corrections import Tidied
from practices.models import Role
from tests.booking.surgery import Surgery
from tests.factories import make_staff
from tests.html import check_page

pytestmark = pytest.mark.django_db


def test_staff_book_among_places_and_see_whom_it_is_with(surgery: Surgery, client: Client) -> None:
    who: dict[str, Any] = {"clinician": "Sr Sara Black", "role": "Practice nurse", "gender": "female"}
    first = surgery.session(count=2, location="North site", address="1 High Street, Leeds", **who)
    surgery.session(count=1, location="South site", address="2 Low Road, Leeds")
    surgery.sandbox.fault("gp_connect.slots", "slot_without_end", code=str(first + 1))
    invitation = surgery.invite()
    invitation.recipient.tidied = [Tidied.MOBILE_ZERO, Tidied.GENDER_DIFFERS]
    invitation.recipient.save()
    client.force_login(make_staff(surgery.practice, Role.SENDER))

    page = check_page(client.get(reverse("staff:patient", args=[invitation.id]))).text
    assert "The sex in the file is not the one in the record." in page
    assert "lost" not in page, "only differences from the record are of interest here"

    page = check_page(client.get(reverse("staff:book", args=[invitation.id]))).text
    for phrase in ("North site", "1 High Street, Leeds", "South site", "1 slot in your book could not be read"):
        assert phrase in page

    client.post(reverse("staff:book", args=[invitation.id]), {"slot": first})
    assert SlotHold.objects.get().slot["practitioner_id"]
    page = check_page(client.get(reverse("staff:book-check", args=[invitation.id]))).text
    for phrase in ("Sr Sara Black (Practice nurse, female)", "North site, 1 High Street, Leeds"):
        assert phrase in page
