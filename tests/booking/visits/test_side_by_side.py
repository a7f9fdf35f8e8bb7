"""Two visits in one browser: couples, carers, a shared phone. What a tab does, it does for its own patient only.

Both patients' tabs are at the same page, one opened after the other, with one jar of cookies. Then the tab that was
opened first is used. Each time this is shown to go wrong at first: with one cookie for all addresses.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import httpx
import pytest
from django.db import transaction
from django.http import HttpResponse
from django.test import Client
from django.test.client import ClientHandler
from django.utils import timezone

from booking.appointments import services
from booking.models import Booking, Decline, SlotHold, WaitingPatient
from booking.slots.offered import to_json
from booking.views.guards import visit_url
from booking.visits import session
from booking.visits.references import root_of
from booking.visits.session import PatientChoice, Visit
from campaigns.models import Invitation, InvitationState
from core.wording import nhs_date
from patients.opt_outs import services as opt_outs
from selfbook.rehearsal.browser import Page
from tests.booking.surgery import WRONG, Surgery, boxes, made_up_slot, make_booking
from tests.factories import make_campaign, make_invitation, make_recipient

pytestmark = pytest.mark.django_db
Pair = tuple[Invitation, Invitation]
SITE = "http://testserver"


class Inside(httpx.BaseTransport):
    """Requests to the product in this process, inside the test's transaction. Cookies are the browser's affair."""

    def __init__(self) -> None:
        self._handler = ClientHandler(enforce_csrf_checks=True)
        self._handler.load_middleware()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Ask, and hand on the answer as it is."""
        client = Client(headers={"cookie": request.headers.get("cookie", "")})
        client.handler = self._handler
        kind = request.headers.get("content-type", "")
        answer = client.generic(request.method, request.url.raw_path.decode(), request.read(), kind)
        cookies = [("Set-Cookie", morsel.OutputString()) for morsel in answer.cookies.values()]
        return httpx.Response(answer.status_code, headers=[*answer.items(), *cookies], content=answer.content)


@pytest.fixture(scope="module")
def inside() -> Inside:
    return Inside()


class Browser:
    """One jar of cookies, which are sent to the addresses that they are for."""

    def __init__(self, inside: Inside) -> None:
        self._http = httpx.Client(transport=inside, base_url=SITE)

    def enter(
        self, invitation: Invitation, *, verified: bool = True, choice: PatientChoice = PatientChoice.BOOK
    ) -> Visit:
        """Have opened a link, pressed a button of the first page and, with `verified`, given the date of birth."""
        visit, response = Visit.opened(invitation.id).choosing(choice), HttpResponse()
        visit = visit.verified() if verified else visit
        session.write(response, visit)
        morsel = response.cookies[session.cookie_name()]
        self._http.cookies.set(morsel.key, morsel.value, domain="testserver.local", path=morsel["path"])
        return visit

    def carry(self, visit: Visit, *, to: Visit) -> None:
        """Send a visit's cookie to the addresses of another as well."""
        at = {cookie.path: cookie.value for cookie in self._http.cookies.jar}
        value = at[root_of(visit.reference)]
        assert value
        self._http.cookies.set(session.cookie_name(), value, domain="testserver.local", path=root_of(to.reference))

    def see(self, visit: Visit, view: str) -> Page:
        """One page of a visit."""
        answer = self._http.get(visit_url(visit, view))
        return Page(str(answer.url), answer.status_code, answer.text)

    def press(self, page: Page, label: str, typed: dict[str, str] | None = None, *, which: int = 0) -> httpx.Response:
        """Press the button with these words; where there are several, this one."""
        buttons = [(form, button) for form in page.forms for button in form.buttons if label in button[2]]
        assert buttons, f"no button {label!r} on {page.heading!r} ({page.status})"
        form, (name, value, _) = buttons[which]
        return self._http.post(form.action, data=form.values | (typed or {}) | ({name: value} if name else {}))


# Who the two are.


def at_same_practice(surgery: Surgery) -> Pair:
    return surgery.invite(), _too(surgery, date_of_birth=date(1991, 12, 30))


def at_two_practices(surgery: Surgery) -> Pair:
    elsewhere = Surgery(surgery.sandbox)
    elsewhere.session(slot_type=surgery.books("slots")[0]["slot_type"])
    return surgery.invite(), elsewhere.invite()


def with_shared_phone_and_birthday(surgery: Surgery) -> Pair:
    invitation = surgery.invite()
    return invitation, _too(surgery, mobile=invitation.recipient.mobile)


def in_two_batches(surgery: Surgery) -> Pair:
    """One patient."""
    invitation = surgery.invite()
    batch = make_campaign(surgery.practice, started=True, rows=0)
    assert batch.patient_list
    person = {name: getattr(invitation.recipient, name) for name in ("nhs_number", "mobile", "date_of_birth")}
    return invitation, make_invitation(batch, make_recipient(batch.patient_list, **person))


def _too(surgery: Surgery, **person: Any) -> Invitation:
    assert surgery.campaign.patient_list
    return make_invitation(surgery.campaign, make_recipient(surgery.campaign.patient_list, **person))


PAIRS = [at_same_practice, at_two_practices, with_shared_phone_and_birthday, in_two_batches]


@contextmanager
def shared_cookie() -> Iterator[None]:
    """The guard off: the visit that was opened last is the visit of every page."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(session, "root_of", lambda reference: "/b/")
        patch.setattr(session, "_belongs", lambda visit, reference: True)
        yield


@contextmanager
def undone() -> Iterator[None]:
    """Whatever is done in here has not been done afterwards."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


# What they do.


def nothing(invitation: Invitation) -> None:
    """They come from the link."""


def chosen(invitation: Invitation) -> None:
    services.hold(invitation_id=invitation.id, slot=made_up_slot(SlotHold.objects.count() + 100))


def booked(invitation: Invitation) -> None:
    make_booking(invitation)


def moving(invitation: Invitation) -> None:
    make_booking(invitation)
    number = SlotHold.objects.count() + 100
    row = {"practice": invitation.practice, "expires_at": invitation.expires_at}
    slot = made_up_slot(number)
    SlotHold.objects.create(invitation=invitation, slot_id=slot.id, slot=to_json(slot), **row)


@dataclass(frozen=True, slots=True)
class Act:
    """A button of a page, and what came before.

    `harms` says that with one cookie for all the other patient gets what this one pressed. Where it does not, the form
    names the time or the appointment as well, and nobody gets anything. So it is with a time of another practice.
    """

    view: str
    words: str = ""
    ready: Callable[[Invitation], None] = nothing
    harms: bool = True
    typed: dict[str, str] | None = None
    verified: bool = True
    times: int = 6


TIME = " on "
"""Each button of a time names its day."""

ACTS = {
    "book": Act("booking:choose", "Book an appointment", verified=False),
    "not this": Act("booking:choose", "I don't want this", verified=False),
    "mistype": Act("booking:date_of_birth", "Continue", typed=boxes(WRONG), verified=False),
    "time": Act("booking:times", TIME),
    "confirm": Act("booking:check", "Confirm and book", chosen, harms=False),
    "decline": Act("booking:decline", "Yes, I don't want this"),
    "cancel": Act("booking:cancel", "Yes, cancel this appointment", booked, harms=False),
    "move": Act("booking:move", TIME, booked),
    "confirm move": Act("booking:move_check", "Confirm and move", moving, harms=False),
    "tell me": Act("booking:times", "Text me when there are more", times=0),
    "stop texts": Act("booking:stop", "Stop texts to this phone", verified=False),
}
CASES = [
    (name, pair)
    for name in ACTS
    for pair in PAIRS
    # Whoever stops texts to a phone stops them for all who use it at this practice.
    if name != "stop texts" or pair not in (with_shared_phone_and_birthday, in_two_batches)
]


def facts_of(invitation: Invitation) -> dict[str, Any]:
    """All that a patient's pages can change."""
    row = Invitation.objects.get(id=invitation.id)
    return {
        "state": row.state,
        "opened": row.opened_at is not None,
        "failures": row.date_of_birth_failures,
        "hold": list(SlotHold.objects.filter(invitation=row).values_list("slot_id", flat=True)),
        "bookings": sorted(Booking.objects.filter(invitation=row).values_list("slot_id", "state")),
        "declined": Decline.objects.filter(invitation=row).exists(),
        "waits": WaitingPatient.objects.filter(invitation=row).exists(),
        "stopped": opt_outs.hold_for(row.recipient_id),
    }


def concerned(browser: Browser, act: Act, first: Invitation, second: Invitation) -> set[str]:
    """Whom it concerns that the first tab is used, and then, if all is well, the second."""
    both = {"own": first, "other": second}
    for invitation in both.values():
        act.ready(invitation)
    pages = [browser.see(browser.enter(item, verified=act.verified), act.view) for item in both.values()]
    before = {who: facts_of(invitation) for who, invitation in both.items()}
    browser.press(pages[0], act.words, act.typed)
    changed = {who for who, invitation in both.items() if facts_of(invitation) != before[who]}
    if changed == {"own"}:
        browser.press(pages[1], act.words, act.typed, which=-1)
        assert facts_of(second) != before["other"], "the second tab is as good as the first"
    return changed


@pytest.mark.hazard("H-01.1", guard_off=True)
@pytest.mark.parametrize(("name", "pair"), CASES)
def test_what_a_tab_does_it_does_for_its_own_patient(
    surgery: Surgery, inside: Inside, name: str, pair: Callable[[Surgery], Pair]
) -> None:
    act = ACTS[name]
    surgery.session(count=max(act.times, 1), slot_type="Flu clinic" if act.times else "Another clinic")
    own, other = pair(surgery)
    harms = act.harms and (act.words, pair) != (TIME, at_two_practices)

    for first, second in ((own, other), (other, own)):
        with shared_cookie(), undone():
            assert concerned(Browser(inside), act, first, second) == ({"other"} if harms else set())
        with undone():
            assert concerned(Browser(inside), act, first, second) == {"own"}


@pytest.mark.hazard("H-01.2")
def test_the_right_date_of_birth_in_one_tab_is_not_a_wrong_one_of_the_other(surgery: Surgery, inside: Inside) -> None:
    first, second = at_same_practice(surgery)
    born = first.recipient.date_of_birth
    assert born

    def give(browser: Browser) -> str:
        visits = [browser.enter(item, verified=False) for item in (first, second)]
        page = browser.see(visits[0], "booking:date_of_birth")
        return str(browser.press(page, "Continue", boxes(born)).headers.get("Location"))

    with shared_cookie(), undone():
        give(Browser(inside))
        assert facts_of(second)["failures"] == 1
    assert give(Browser(inside)) == visit_url(Visit.opened(first.id), "booking:times")
    assert facts_of(first)["failures"] == facts_of(second)["failures"] == 0


@pytest.mark.parametrize("pair", PAIRS)
def test_a_tab_shows_its_own_patient_s_appointment(
    surgery: Surgery, inside: Inside, pair: Callable[[Surgery], Pair]
) -> None:
    surgery.session()
    days = {}
    for number, invitation in enumerate(pair(surgery)):
        booking = make_booking(invitation, starts_at=timezone.now() + timedelta(days=5 + number))
        days[invitation] = nhs_date(booking.starts_at)

    def shown(browser: Browser, first: Invitation, second: Invitation) -> list[str]:
        visits = [browser.enter(item) for item in (first, second)]
        pages = [browser.see(visits[0], view) for view in ("booking:done", "booking:cancel", "booking:move")]
        return [day for page in pages for day in days.values() if day in page.html]

    own, other = days
    for first, second in ((own, other), (other, own)):
        with shared_cookie():
            assert set(shown(Browser(inside), first, second)) == {days[second]}
        assert shown(Browser(inside), first, second) == [days[first]] * 3


@pytest.mark.parametrize("pair", PAIRS)
def test_finish_in_one_tab_leaves_the_other_as_it_is(
    surgery: Surgery, inside: Inside, pair: Callable[[Surgery], Pair]
) -> None:
    surgery.session()
    first, second = pair(surgery)
    Invitation.objects.update(state=InvitationState.DECLINED)

    def finish(browser: Browser) -> list[int]:
        visits = [browser.enter(item) for item in (first, second)]
        browser.press(browser.see(visits[0], "booking:declined"), "Finish")
        return [browser.see(visit, "booking:declined").status for visit in visits]

    with shared_cookie():
        assert finish(Browser(inside)) == [403, 403]
    assert finish(Browser(inside)) == [403, 200]


@pytest.mark.hazard("H-01.4")
def test_a_cookie_that_was_carried_to_other_addresses_opens_nothing(surgery: Surgery, inside: Inside) -> None:
    first, second = at_same_practice(surgery)
    browser = Browser(inside)
    visit = browser.enter(first)

    browser.carry(visit, to=Visit.opened(second.id))

    assert browser.see(Visit.opened(second.id), "booking:decline").status == 403
    assert browser.see(visit, "booking:decline").status == 200
