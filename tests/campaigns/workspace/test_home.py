"""The home page and the whole practice's list: what needs a person, what settles it, and figures of long lists."""

from datetime import timedelta

import pgtrigger
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from campaigns.follow_up import entries as follow_up
from campaigns.follow_up.entries import Kind
from campaigns.models import Campaign, Invitation, InvitationState
from campaigns.models.states import CampaignState
from campaigns.models.workspace import Figures, FollowedUp
from campaigns.workspace import figures
from integrations.models.outbox import CodedEntry
from integrations.models.states import CodeState, MessageState
from patients.models import Verdict
from practices.models import AuditEvent, Practice, Role, User
from tests.campaigns.wizard import Wizard
from tests.campaigns.workspace.test_pages_follow_up import invite, lock
from tests.factories import make_campaign, make_coded_entry, make_practice, make_recipient, make_staff
from tests.html import Page, check_page, text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def batch(practice: Practice, staff: User) -> Campaign:
    """A batch that was sent, without patients so far."""
    return make_campaign(practice, staff, started=True, rows=0)


def see(client: Client, name: str, query: str = "") -> Page:
    return check_page(client.get(reverse(f"campaigns:{name}") + query))


def needs(page: Page) -> list[str]:
    """The lines of "Needs you"."""
    (table,) = [element for element in page.all("table") if element.get("aria-labelledby") == "needs"]
    return [
        " ".join(text_of(cell) for cell in list(row.iter("td"))[:2])
        for row in table.iter("tr")
        if row.find("td") is not None
    ]


def press(client: Client, entry: follow_up.Entry, **changed: str) -> None:
    """Press "Done" beside an entry."""
    data = {"kind": entry.kind, "invitation": entry.invitation.id, "about": entry.about} | changed
    client.post(reverse("campaigns:done", args=[entry.invitation.campaign_id]), data)


def listed(batch: Campaign) -> list[follow_up.Entry]:
    return list(follow_up.every(follow_up.Batches.of(batch)))


def with_needs(batch: Campaign) -> None:
    """A text that failed, a locked link, a code to file and a patient who cannot be sent a text."""
    invite(batch, "Fay", MessageState.FAILED)
    lock(invite(batch, "Lola", MessageState.DELIVERED))
    make_coded_entry(invite(batch, "Cora", MessageState.DELIVERED), state=CodeState.NOT_FILED)
    assert batch.patient_list is not None
    make_recipient(batch.patient_list, verdict=Verdict.CANNOT, reasons=["no_mobile"], mobile="")


def test_home_says_what_needs_a_person_in_the_whole_practice(wizard: Wizard, practice: Practice, staff: User) -> None:
    for _ in range(2):
        with_needs(make_campaign(practice, staff, started=True, rows=0))
    with_needs(make_campaign(make_practice(), started=True, rows=0))
    page = see(wizard.client, "home")
    assert needs(page) == [
        "What Text not delivered Patients 2",
        "What Link locked after wrong dates of birth Patients 2",
        "What Code not in the record yet Patients 2",
        "What Cannot be sent a text Patients 2",
    ]
    links = {str(link.get("href")) for link in page.all("a")}
    assert {
        f"{reverse('campaigns:to-do')}?show={kind}" for kind in ("not-delivered", "locked", "codes", "cannot")
    } <= links


def test_a_practice_with_nothing_to_do_reads_so(wizard: Wizard, batch: Campaign) -> None:
    invite(batch, "Una", MessageState.DELIVERED)
    assert "Nothing needs you now" in see(wizard.client, "home").text
    assert "Nothing needs you now" in see(wizard.client, "to-do").text


def test_the_list_of_the_practice_has_every_batchs_patients_and_never_anothers(
    wizard: Wizard, practice: Practice, staff: User
) -> None:
    for name in ("Fay", "Gus"):
        invite(make_campaign(practice, staff, started=True, rows=0), name, MessageState.FAILED)
    invite(make_campaign(make_practice(), started=True, rows=0), "Zed", MessageState.FAILED)
    text = see(wizard.client, "to-do").text
    assert "Fay Patel" in text
    assert "Gus Patel" in text
    assert "Zed Patel" not in text


@pytest.mark.parametrize("kind", ["", "not-delivered", "locked", "codes", "cannot", "nonsense"])
def test_the_list_of_the_practice_shows_one_kind(wizard: Wizard, batch: Campaign, kind: str) -> None:
    with_needs(batch)
    text = see(wizard.client, "to-do", f"?show={kind}").text
    everything = kind in ("", "nonsense")
    assert ("Fay Patel" in text) is (everything or kind == "not-delivered")
    assert ("Lola Patel" in text) is (everything or kind == "locked")
    assert ("File 1 code by hand" in text) is (everything or kind == "codes")
    assert ("Download list" in text) is (everything or kind == "cannot")


def test_who_is_looked_at_is_on_record(wizard: Wizard, batch: Campaign) -> None:
    seen = invite(batch, "Fay", MessageState.FAILED).recipient_id
    see(wizard.client, "to-do")
    assert AuditEvent.objects.get(action="patients.looked").patient_ids == [seen]


@pytest.mark.parametrize("name", ["to-do", "follow-up"])
def test_done_takes_a_patient_off_the_list_and_leads_back(wizard: Wizard, batch: Campaign, name: str) -> None:
    with_needs(batch)
    (fay,) = [entry for entry in listed(batch) if entry.kind == Kind.NOT_DELIVERED]
    back = reverse(f"campaigns:{name}", args=[batch.id] if name == "follow-up" else []) + "?show=not-delivered"
    data = {"kind": fay.kind, "invitation": fay.invitation.id, "about": fay.about, "back": back}
    answer = wizard.client.post(reverse("campaigns:done", args=[batch.id]), data)
    assert answer.headers["Location"] == back
    assert [entry.kind for entry in listed(batch)] == [Kind.LOCKED]
    event = AuditEvent.objects.get(action="patient.followed_up")
    assert (event.object_id, event.batch_id, event.data["kind"]) == (fay.invitation.id, batch.id, "not-delivered")


def test_done_leads_to_no_other_address(wizard: Wizard, batch: Campaign) -> None:
    invite(batch, "Fay", MessageState.FAILED)
    (fay,) = listed(batch)
    data = {"kind": fay.kind, "invitation": fay.invitation.id, "about": fay.about, "back": "https://bad.example/"}
    answer = wizard.client.post(reverse("campaigns:done", args=[batch.id]), data)
    assert answer.headers["Location"] == reverse("campaigns:follow-up", args=[batch.id])


def test_done_twice_is_done_once(wizard: Wizard, batch: Campaign) -> None:
    lock(invite(batch, "Lola", MessageState.DELIVERED))
    (entry,) = listed(batch)
    press(wizard.client, entry)
    press(wizard.client, entry)
    assert FollowedUp.objects.count() == AuditEvent.objects.filter(action="patient.followed_up").count() == 1


def test_what_is_not_on_the_list_cannot_be_done(wizard: Wizard, batch: Campaign) -> None:
    invite(batch, "Fay", MessageState.FAILED)
    other = make_campaign(make_practice(), started=True, rows=0)
    theirs = invite(other, "Zed", MessageState.FAILED)
    (fay,) = listed(batch)
    for changed in ({"kind": "check"}, {"about": str(other.id)}, {"invitation": str(theirs.id)}, {"kind": "in-doubt"}):
        press(wizard.client, fay, **changed)
    assert wizard.client.post(reverse("campaigns:done", args=[other.id]), {}).status_code == 404
    assert not FollowedUp.objects.exists()


def test_what_happens_later_is_on_the_list_again(wizard: Wizard, batch: Campaign) -> None:
    lola = invite(batch, "Lola", MessageState.DELIVERED)
    lock(lola)
    press(wizard.client, *listed(batch))
    assert listed(batch) == []
    Invitation.objects.filter(id=lola.id).update(locked_at=timezone.now() + timedelta(seconds=1))
    assert [entry.kind for entry in listed(batch)] == [Kind.LOCKED]


def test_what_is_done_can_be_put_back(wizard: Wizard, batch: Campaign) -> None:
    invite(batch, "Fay", MessageState.FAILED)
    press(wizard.client, *listed(batch))
    assert "Fay Patel" in see(wizard.client, "all-done").text
    row = FollowedUp.objects.get()
    wizard.client.post(reverse("campaigns:put-back", args=[row.id]))
    assert [entry.name for entry in listed(batch)] == ["Fay Patel"]
    assert wizard.client.post(reverse("campaigns:put-back", args=[row.id])).status_code == 404  # it is there already
    assert "Nobody has been followed up" in see(wizard.client, "all-done").text


def test_a_list_of_patients_who_cannot_be_sent_to_is_done_as_a_whole(wizard: Wizard, batch: Campaign) -> None:
    with_needs(batch)
    wizard.client.post(reverse("campaigns:list-done", args=[batch.id]), {"back": reverse("campaigns:to-do")})
    assert not any("Cannot be sent" in line for line in needs(see(wizard.client, "home")))
    assert "Everybody on the list who cannot be sent a text" in see(wizard.client, "all-done").text


def test_viewers_see_the_list_and_no_buttons(client: Client, practice: Practice, batch: Campaign) -> None:
    with_needs(batch)
    client.force_login(make_staff(practice, role=Role.VIEWER))
    page = see(client, "to-do")
    assert "Fay Patel" in page.text
    assert "Done" not in [text_of(button) for button in page.all("button")]


def make_long(batch: Campaign) -> None:
    """Make a list longer than what is counted while somebody waits."""
    assert batch.patient_list is not None
    batch.patient_list.row_count = figures.COUNTED_AT_ONCE + 1
    batch.patient_list.save()


def test_a_long_list_is_counted_by_a_worker_and_shown_as_last_counted(
    wizard: Wizard, practice: Practice, batch: Campaign
) -> None:
    invite(batch, "Bo", MessageState.DELIVERED, state=InvitationState.BOOKED, opened_at=timezone.now())
    make_long(batch)
    assert "Counting" in see(wizard.client, "home").text
    assert figures.recount(practice.id) == 1
    assert "Counting" not in see(wizard.client, "home").text
    invite(batch, "Fay", MessageState.FAILED)
    assert figures.recount(practice.id) == 0  # it was counted a moment ago
    assert "Text not delivered" not in see(wizard.client, "home").text
    Figures.objects.update(counted_at=timezone.now() - figures.OLD_AFTER)
    assert figures.recount(practice.id) == 1
    assert "Text not delivered" in see(wizard.client, "home").text


def test_what_is_settled_in_a_long_list_shows_once_it_is_counted_again(
    wizard: Wizard, practice: Practice, batch: Campaign
) -> None:
    invite(batch, "Fay", MessageState.FAILED)
    make_long(batch)
    figures.recount(practice.id)
    press(wizard.client, *listed(batch))
    assert figures.recount(practice.id) == 1
    assert "Nothing needs you now" in see(wizard.client, "home").text


def test_many_batches_come_in_pages_and_cost_no_more_questions(wizard: Wizard, practice: Practice, staff: User) -> None:
    def questions() -> int:
        see(wizard.client, "home")
        with CaptureQueriesContext(
            connection,
        ) as asked:
            see(wizard.client, "home")
        return len(asked)

    with_needs(make_campaign(practice, staff, started=True, rows=0))
    few = questions()
    for number in range(25):
        with_needs(make_campaign(practice, staff, started=True, rows=0, slot_type=f"Clinic {number}"))
    assert questions() == few
    assert "Clinic 24" in see(wizard.client, "home").text
    assert "Clinic 2 " not in see(wizard.client, "home").text
    assert "Clinic 2" in see(wizard.client, "home", "?page=2").text


def test_a_batch_that_was_undone_needs_nobody(wizard: Wizard, practice: Practice, staff: User, batch: Campaign) -> None:
    with_needs(batch)
    figures.recount(practice.id)
    make_campaign(practice, staff, started=True, rows=0)
    with pgtrigger.ignore("campaigns.Campaign:forward_only"):
        Campaign.objects.filter(id=batch.id).update(state=CampaignState.DRAFT)
    assert "Nothing needs you now" in see(wizard.client, "home").text


def test_the_figures_add_up_to_the_truth(practice: Practice, staff: User, batch: Campaign) -> None:
    with_needs(batch)
    invite(batch, "Dee", MessageState.DELIVERED, state=InvitationState.DECLINED, opened_at=timezone.now())
    (counted,) = figures.count([batch])
    assert (counted.can, counted.sent, counted.opened, counted.declined) == (4, 3, 2, 1)
    assert counted.needs == {"not-delivered": 1, "locked": 1, "codes": 1, "cannot": 1}
    assert CodedEntry.objects.count() == 1
