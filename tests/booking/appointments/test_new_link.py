"""A link that ran out: its patient gets a new one by text, once, and only where it is of use and the text can go."""

from collections.abc import Callable
from datetime import timedelta
from ipaddress import ip_address
from typing import Any

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from booking import tasks
from booking.appointments import new_link
from booking.appointments.new_link import NewLinkOutcome
from booking.models.requests import NewLinkRequest
from booking.slots import offered as slots
from booking.staff.patient import links as staff_links
from booking.staff.patient.history import story
from booking.visits.links import Standing, standing_of
from booking.visits.references import reference_of, root_of
from campaigns.models import Campaign, Invitation, InvitationState
from campaigns.models.states import CampaignState
from campaigns.results.funnel import Funnel
from campaigns.sending import hooks as sending_hooks
from campaigns.workspace.page_parts import parts_of
from integrations.links import token_for
from integrations.messaging.channels import Channel
from integrations.messaging.port import NumberFault
from integrations.models import ChannelConnection, Routing
from integrations.models.outbox import Message, Purpose, Stoppage
from integrations.models.states import MessageState
from integrations.outbox.messages import claiming
from integrations.outbox.messages.routes import ROUTES
from patients.models import OptOutSource
from patients.opt_outs import services as opt_outs
from practices.models import AuditEvent
from tests.booking.surgery import Surgery
from tests.factories import make_invitation, make_message, make_recipient
from tests.html import Page, check_page
from tests.integrations.webhooks.test_twilio import make_connection
from tests.resilience.races.guards import meeting, unlocked
from tests.tab import Tab
from tests.threads import at_once

pytestmark = pytest.mark.django_db

PAGE = "/b/new-link/"
WIFI = ip_address("192.0.2.7")
LATE = timedelta(days=1, seconds=1)


@pytest.fixture
def open_surgery(surgery: Surgery) -> Surgery:
    """A practice that can text, with free times that are known."""
    make_connection(surgery.practice)
    surgery.session()
    slots.available(surgery.invite())
    return surgery


def expired(surgery: Surgery, **fields: Any) -> Invitation:
    return surgery.invite(**{"expires_at": timezone.now() - timedelta(hours=1)} | fields)


def opened(invitation: Invitation) -> tuple[Tab, Page]:
    client = Tab()
    return client, check_page(client.get(f"/i/{token_for(invitation.id)}"))


def is_offered(page: Page) -> bool:
    return PAGE in [link.get("href") for link in page.all("a")]


def again(invitation: Invitation) -> Invitation:
    return Invitation.objects.select_related("campaign", "practice", "recipient").get(id=invitation.id)


def texts(invitation: Invitation) -> list[Message]:
    return list(Message.objects.filter(subject_id=invitation.id, purpose=Purpose.NEW_LINK).order_by("step"))


def ask(invitation: Invitation, address: Any = None) -> NewLinkOutcome:
    return new_link.ask(invitation=again(invitation), address=address)


@pytest.mark.hazard("H-09.6")
def test_the_dead_page_offers_a_link_and_the_press_texts_it(open_surgery: Surgery) -> None:
    invitation = expired(open_surgery)
    client, page = opened(invitation)
    assert is_offered(page)
    assert page.all("form") == []
    asking = check_page(client.get(PAGE))
    assert "Text me a new link" in asking.text
    assert texts(invitation) == []

    assert client.post(PAGE)["Location"] == PAGE
    sent = check_page(client.get(PAGE))

    assert "We are texting you a new link" in sent.title
    (text,) = texts(invitation)
    assert (text.to, text.state, text.any_hour) == (invitation.recipient.mobile, MessageState.DUE, True)
    assert text.body.startswith("Dear Asha, here is the new link that you asked for.")
    assert "{link}" in text.body
    assert "It works for 7 days." in text.body
    assert standing_of(again(invitation)) == Standing.OPEN
    for shown in (page, asking, sent):
        for secret in (invitation.recipient.mobile[-6:], "Asha", invitation.recipient.nhs_number, "Flu"):
            assert secret not in shown.text


def test_pressed_twice_it_goes_once(open_surgery: Surgery) -> None:
    invitation = expired(open_surgery)
    client, _ = opened(invitation)
    for _ in range(3):
        assert client.post(PAGE)["Location"] == PAGE
    assert len(texts(invitation)) == 1
    assert AuditEvent.objects.filter(action="invitation.new_link_asked", object_id=invitation.id).count() == 1


@pytest.mark.hazard("H-10.2", guard_off=True)
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("guarded", [True, False], ids=["guarded", "unguarded"])
def test_pressed_at_once_it_goes_once(open_surgery: Surgery, monkeypatch: pytest.MonkeyPatch, guarded: bool) -> None:
    invitation = expired(open_surgery)
    if not guarded:
        monkeypatch.setattr(new_link, "locked", unlocked)
        monkeypatch.setattr(new_link, "standing_of", lambda _: Standing.EXPIRED)
        monkeypatch.setattr(new_link, "_is_allowed", lambda _: True)
        monkeypatch.setattr(NewLinkRequest.objects, "create", lambda **values: None)
        monkeypatch.setattr(Invitation, "renew", meeting(Invitation.renew, 3))
    answers = at_once(*[lambda: new_link._send(invitation.id, WIFI)] * 3)
    assert answers.count(NewLinkOutcome.SENT) == (1 if guarded else 3)
    assert len(texts(invitation)) == 1, "the last guard: the database bears one text for each request"


Spoil = Callable[[Invitation], object]


def _change(**fields: Any) -> Spoil:
    return lambda invitation: Invitation.objects.filter(id=invitation.id).update(**fields)


def _batch(state: CampaignState) -> Spoil:
    # The states that may follow are not the matter here.
    def spoil(invitation: Invitation) -> None:
        for step in (CampaignState.PAUSED, state) if state != CampaignState.PAUSED else (state,):
            Campaign.objects.filter(id=invitation.campaign_id).update(state=step)

    return spoil


def _opt_out(which: str) -> Spoil:
    return lambda invitation: opt_outs.add(
        practice=invitation.practice,
        by=None,
        source=OptOutSource.PATIENT,
        **{which: getattr(invitation.recipient, which)},
    )


def _bad_number(invitation: Invitation) -> None:
    make_message(invitation, state=MessageState.FAILED, number_fault=NumberFault.BAD, settled_at=timezone.now())


def _stopped(invitation: Invitation) -> None:
    Stoppage.objects.create(practice=invitation.practice, reason="Wrong token.", retry_at=timezone.now())


NOT_FOR: dict[str, Spoil] = {
    "locked": _change(locked_at=timezone.now()),
    "withdrawn": _change(state=InvitationState.WITHDRAWN),
    "declined": _change(state=InvitationState.DECLINED),
    "booked by the practice": _change(elsewhere_at=timezone.now()),
    "ended by staff": _change(ended_at=timezone.now()),
    "batch paused": _batch(CampaignState.PAUSED),
    "batch cancelled": _batch(CampaignState.CANCELLED),
    "wants no texts": _opt_out("mobile"),
    "wants no texts, by number": _opt_out("nhs_number"),
    "number is bad": _bad_number,
    "account does not work": _stopped,
    "no account": lambda one: ChannelConnection.objects.filter(practice=one.practice).delete(),
    "text on its way": lambda one: make_message(one, purpose=Purpose.REMINDER),
}


@pytest.mark.parametrize("why", NOT_FOR)
def test_where_it_would_be_of_no_use_none_is_offered_or_sent(open_surgery: Surgery, why: str) -> None:
    invitation = expired(open_surgery)
    client, page = opened(invitation)
    assert is_offered(page), "before"
    NOT_FOR[why](invitation)
    assert not is_offered(opened(invitation)[1])
    assert client.get(PAGE).status_code in (303, 410)
    answer = client.post(PAGE)
    assert answer.status_code == 410
    check_page(answer)
    assert texts(invitation) == []
    assert again(invitation).expires_at == invitation.expires_at


def test_what_stops_it_after_the_page_was_read_stops_it_still(open_surgery: Surgery) -> None:
    invitation = expired(open_surgery)
    staff_links.expire(invitation_id=make_invitation(open_surgery.campaign).id, by=open_surgery.campaign.created_by)
    _opt_out("mobile")(invitation)
    assert new_link._send(invitation.id, None) == NewLinkOutcome.REFUSED


def test_a_link_that_staff_ended_is_not_the_patients_to_renew(open_surgery: Surgery) -> None:
    invitation = open_surgery.invite()
    staff_links.expire(invitation_id=invitation.id, by=open_surgery.campaign.created_by)
    assert not is_offered(opened(invitation)[1])
    assert ask(invitation) == NewLinkOutcome.REFUSED


def test_without_free_times_none_is_offered_or_sent(surgery: Surgery) -> None:
    make_connection(surgery.practice)
    invitation = expired(surgery)
    client, page = opened(invitation)
    assert is_offered(page), "nobody knows yet"
    answer = client.post(PAGE)
    assert answer.status_code == 410
    assert "There are no appointments to book now" in check_page(answer).title
    assert not is_offered(opened(invitation)[1]), "now it is known"
    assert texts(invitation) == []


def test_while_the_clinical_system_is_down_nothing_is_promised(surgery: Surgery) -> None:
    make_connection(surgery.practice)
    invitation = expired(surgery)
    client, _ = opened(invitation)
    surgery.sandbox.fault("gp_connect.slots", "status", status=503, times=1)
    answer = client.post(PAGE)
    assert answer.status_code == 503
    assert "Try again in a few minutes" in check_page(answer).text
    assert not is_offered(opened(invitation)[1])
    assert texts(invitation) == []


@pytest.mark.hazard("H-10.2")
def test_one_a_day_and_three_in_all(open_surgery: Surgery, settings: Settings) -> None:
    invitation = expired(open_surgery)

    def run_out(**ago: float) -> None:
        Invitation.objects.filter(id=invitation.id).update(expires_at=timezone.now())
        for former, state in ((MessageState.DUE, MessageState.STARTED), (MessageState.STARTED, MessageState.DELIVERED)):
            Message.objects.filter(subject_id=invitation.id, state=former).update(state=state)
        if ago:
            NewLinkRequest.objects.filter(invitation=invitation).update(asked_at=timezone.now() - timedelta(**ago))

    assert ask(invitation) == NewLinkOutcome.SENT
    run_out(hours=23)
    assert ask(invitation) == NewLinkOutcome.REFUSED
    for _ in range(2):
        run_out(hours=25)
        assert ask(invitation) == NewLinkOutcome.SENT
    run_out(hours=25)
    assert ask(invitation) == NewLinkOutcome.REFUSED
    assert [text.step for text in texts(invitation)] == [0, 1, 2]
    settings.NEW_LINKS_MAX = 4
    assert ask(invitation) == NewLinkOutcome.SENT


def test_many_from_one_address_must_wait_and_others_need_not(open_surgery: Surgery, settings: Settings) -> None:
    settings.NEW_LINKS_PER_HOUR = 2
    invitations = [expired(open_surgery) for _ in range(4)]
    assert [ask(invitation, WIFI) for invitation in invitations[:3]] == [
        NewLinkOutcome.SENT,
        NewLinkOutcome.SENT,
        NewLinkOutcome.TOO_MANY,
    ]
    assert ask(invitations[2], ip_address("198.51.100.20")) == NewLinkOutcome.SENT
    assert ask(invitations[3], None) == NewLinkOutcome.SENT
    assert "192.0.2.7" not in str(NewLinkRequest.objects.values())
    client, _ = opened(expired(open_surgery))
    settings.NEW_LINKS_PER_HOUR = 0
    answer = client.post(PAGE)
    assert (answer.status_code, answer["Retry-After"]) == (429, "3600")
    check_page(answer)


def test_addresses_are_let_go_of_after_a_day(open_surgery: Surgery) -> None:
    invitation = expired(open_surgery)
    ask(invitation, WIFI)
    tasks.forget_addresses()
    assert NewLinkRequest.objects.get().address_digest
    NewLinkRequest.objects.update(asked_at=timezone.now() - LATE)
    tasks.forget_addresses()
    assert NewLinkRequest.objects.get().address_digest is None


@pytest.mark.parametrize("channel", Routing)
def test_it_is_a_text_of_ours_whatever_the_practice_has_chosen(open_surgery: Surgery, channel: Routing) -> None:
    invitation = expired(open_surgery)
    message = make_message(invitation, state=MessageState.IN_APP, way=Channel.APP)
    assert ask(invitation) == NewLinkOutcome.SENT
    message.refresh_from_db()
    assert message.state == MessageState.DELIVERED, "its link was opened, so no text follows it"
    taken = [claiming.take(open_surgery.practice, route=route).rows for route in ROUTES[channel]]
    (text,) = [row for rows in taken for row in rows]
    assert (text.purpose, text.way) == (Purpose.NEW_LINK, Channel.TEXT)


def test_it_does_not_go_to_who_has_answered_meanwhile_and_gives_late_links_their_time(open_surgery: Surgery) -> None:
    invitation = expired(open_surgery)
    ask(invitation)
    (text,) = texts(invitation)
    assert sending_hooks.stop_texts(open_surgery.practice, [text]) == {}
    text.created_at = timezone.now() - timedelta(hours=2)
    Invitation.objects.filter(id=invitation.id).update(expires_at=timezone.now())
    sending_hooks.restart_links(open_surgery.practice, [text])
    assert again(invitation).expires_at > timezone.now() + timedelta(days=6)
    Invitation.objects.filter(id=invitation.id).update(state=InvitationState.DECLINED)
    assert sending_hooks.stop_texts(open_surgery.practice, [text]) == {text.id: sending_hooks.ANSWERED}


def test_staff_see_that_it_was_asked_for(open_surgery: Surgery) -> None:
    invitation = expired(open_surgery)
    assert parts_of(open_surgery.campaign, Funnel())["new_links"] == 0
    ask(invitation)
    assert parts_of(open_surgery.campaign, Funnel())["new_links"] == 1
    events = {event.said: event.who for event in story(again(invitation), [])}
    assert events["Asked for a new link"] == "The patient"
    assert any(label.startswith("Text about a new link") for label in events)


def test_a_text_that_did_not_go_is_not_said_to_be_on_its_way(open_surgery: Surgery) -> None:
    invitation = expired(open_surgery)
    client, _ = opened(invitation)
    client.post(PAGE)
    Message.objects.filter(subject_id=invitation.id).update(state=MessageState.WITHDRAWN)
    assert client.get(PAGE)["Location"] == "/b/"


def test_without_a_link_there_is_nothing_to_ask_for(open_surgery: Surgery) -> None:
    unopened = f"{root_of(reference_of(open_surgery.invite().id))}new-link/"
    assert Tab().get(unopened).status_code == 403
    assert Tab().post(unopened).status_code == 403


def test_a_link_that_works_leads_on(open_surgery: Surgery) -> None:
    client = Tab()
    client.get(f"/i/{token_for(open_surgery.invite().id)}")
    assert client.get(PAGE)["Location"] == "/b/"
    assert client.post(PAGE).status_code == 410
    assert not NewLinkRequest.objects.exists()


def test_a_name_in_the_text_never_becomes_a_link(open_surgery: Surgery) -> None:
    assert open_surgery.campaign.patient_list is not None
    odd = make_recipient(open_surgery.campaign.patient_list, given_name="{link}")
    invitation = make_invitation(open_surgery.campaign, odd, expires_at=timezone.now())
    assert ask(invitation) == NewLinkOutcome.SENT
    assert texts(invitation)[0].body.count("{link}") == 1
