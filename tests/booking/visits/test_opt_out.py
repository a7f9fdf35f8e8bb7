"""A patient stops texts to their phone by their link, and lets them come again."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from campaigns.models import Invitation, InvitationState
from integrations.links import token_for
from patients.models import OptOut, OptOutSource
from patients.opt_outs import services as opt_outs
from tests.factories import make_campaign, make_invitation, make_practice, make_recipient, make_staff
from tests.html import Page, check_page
from tests.tab import Tab

pytestmark = pytest.mark.django_db

PAGE = "/b/stop-texts/"


@pytest.fixture
def invitation() -> Invitation:
    return invite()


def invite(**fields: Any) -> Invitation:
    campaign = make_campaign(make_practice(name="Quay Street Surgery"), started=True, rows=0, slot_type="Smear clinic")
    assert campaign.patient_list is not None
    return make_invitation(campaign, make_recipient(campaign.patient_list, given_name="Zoe"), **fields)


def opened(invitation: Invitation) -> Client:
    """A browser in which the link has been opened."""
    client = Tab()
    client.get(f"/i/{token_for(invitation.id)}")
    return client


def see(client: Client) -> Page:
    return check_page(client.get(PAGE))


def stopped(invitation: Invitation) -> bool:
    return opt_outs.hold_for(invitation.recipient_id)


def test_every_page_of_the_patient_leads_there(invitation: Invitation) -> None:
    page = check_page(opened(invitation).get("/b/"))
    assert PAGE in [link.get("href") for link in page.all("a")]


def test_looking_changes_nothing_and_pressing_stops(invitation: Invitation) -> None:
    client = opened(invitation)
    assert "Stop texts" in see(client).title
    assert not stopped(invitation)
    assert client.post(PAGE).status_code == 303
    assert stopped(invitation)
    assert "You get no more texts" in see(client).title
    opt_out = OptOut.objects.get()
    assert (opt_out.practice, opt_out.mobile, opt_out.source, opt_out.created_by) == (
        invitation.practice,
        invitation.recipient.mobile,
        OptOutSource.PATIENT,
        None,
    )


def test_twice_is_once_and_it_can_be_taken_back(invitation: Invitation) -> None:
    client = opened(invitation)
    client.post(PAGE)
    client.post(PAGE)
    assert OptOut.objects.count() == 1
    client.post(PAGE, {"start": "yes"})
    assert not stopped(invitation)
    assert "Stop texts" in see(client).title


def test_everybody_who_shares_the_phone_gets_no_texts_and_nobody_else(invitation: Invitation) -> None:
    patient_list, mobile = invitation.recipient.patient_list, invitation.recipient.mobile
    partner = make_invitation(invitation.campaign, make_recipient(patient_list, mobile=mobile))
    stranger = make_invitation(invitation.campaign, make_recipient(patient_list))
    elsewhere = invite()
    opened(invitation).post(PAGE)
    assert stopped(partner)
    assert not stopped(stranger)
    assert not stopped(elsewhere)
    assert opt_outs.sharing(invitation.practice, [mobile]) == {mobile: 2}


@pytest.mark.parametrize(
    "fields",
    [
        {"expires_at": timezone.now() - timedelta(seconds=1)},
        {"locked_at": timezone.now(), "date_of_birth_failures": 5},
        {"state": InvitationState.WITHDRAWN},
        {"state": InvitationState.DECLINED},
        {"state": InvitationState.BOOKED},
    ],
    ids=["expired", "locked", "withdrawn", "declined", "booked"],
)
def test_a_link_that_died_meanwhile_stops_texts_too(invitation: Invitation, fields: dict[str, Any]) -> None:
    client = opened(invitation)
    Invitation.objects.filter(id=invitation.id).update(**fields)
    assert PAGE in [link.get("href") for link in check_page(client.get("/b/", follow=True)).all("a")]
    client.post(PAGE)
    assert stopped(invitation)


def test_the_page_says_nothing_about_anybody(invitation: Invitation) -> None:
    client = opened(invitation)
    for text in (see(client).text, (client.post(PAGE), see(client).text)[1]):
        for secret in ("Zoe", invitation.recipient.mobile[-6:], invitation.recipient.nhs_number, "Smear"):
            assert secret not in text


def test_without_a_link_there_is_nothing_to_stop(invitation: Invitation) -> None:
    assert Tab().get(PAGE).status_code == 403
    assert Tab().post(PAGE).status_code == 403
    assert not OptOut.objects.exists()


def test_what_staff_noted_stays(invitation: Invitation) -> None:
    by = make_staff(invitation.practice)
    of = {"mobile": invitation.recipient.mobile}
    opt_outs.add(practice=invitation.practice, by=by, source=OptOutSource.STAFF, **of)
    client = opened(invitation)
    client.post(PAGE, {"start": "yes"})
    assert stopped(invitation)
    assert "phone Quay Street Surgery" in see(client).text


_DEAD: dict[str, dict[str, Any]] = {
    "expired": {"expires_at": timezone.now() - timedelta(seconds=1)},
    "locked": {"locked_at": timezone.now(), "date_of_birth_failures": 5},
    "withdrawn": {"state": InvitationState.WITHDRAWN},
    "declined": {"state": InvitationState.DECLINED},
}


@pytest.mark.parametrize("kind", _DEAD)
def test_who_opens_a_link_that_was_dead_already_can_stop_texts_and_go_back(kind: str) -> None:
    dead = invite(**_DEAD[kind])
    client = Tab()
    page = check_page(client.get(f"/i/{token_for(dead.id)}"))
    assert PAGE in [link.get("href") for link in page.all("a")]
    assert "/b/" in [link.get("href") for link in see(client).all("a")]
    assert check_page(client.get("/b/")).title == page.title
    client.post(PAGE)
    assert stopped(dead)
    assert OptOut.objects.get().how == "Pressed “Stop texts” on their page"
    client.post(PAGE, {"start": "yes"})
    assert not stopped(dead)
