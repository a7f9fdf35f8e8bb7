"""Several people, tabs and workers at the same batch at the same time."""

from collections.abc import Callable
from threading import Barrier, Thread
from typing import Any

import pytest
from django.db import connection, connections, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from campaigns.drafts import services
from campaigns.models import Campaign, Invitation
from campaigns.models.states import CampaignState
from campaigns.sending import issuing
from integrations.models.outbox import CodedEntry, Message
from practices.models import AuditEvent, User
from tests.campaigns.wizard import DECLINE, MESSAGE, Wizard, goes_to
from tests.factories import make_campaign, make_practice, make_staff
from tests.waiting import PATIENCE, wait_until

pytestmark = pytest.mark.django_db(transaction=True)


class Running:
    """A call in a thread of its own, with a database connection of its own."""

    def __init__(self, call: Callable[[], Any]) -> None:
        self.result: Any = None
        self._failure: BaseException | None = None
        self._call = call
        self._thread = Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        try:
            self.result = self._call()
        except BaseException as failure:
            self._failure = failure
        finally:
            connections.close_all()

    def done(self) -> Any:
        self._thread.join(PATIENCE)
        assert not self._thread.is_alive()
        if self._failure is not None:
            raise self._failure
        return self.result


def somebody_waits_for_a_lock() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_clear_snapshot()")  # else a transaction sees the same activity for ever
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        return bool(cursor.fetchone()[0])


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def while_somebody_has_it(batch: Campaign, change: Callable[[], object], request: Callable[[], Any]) -> Any:
    """Make a request that finds a draft, and change the batch before the request can."""
    with transaction.atomic():
        Campaign.objects.select_for_update().get(id=batch.id)
        running = Running(request)
        wait_until(somebody_waits_for_a_lock)
        change()
    return running.done()


def send(batch: Campaign) -> None:
    Campaign.objects.filter(id=batch.id).update(
        state=CampaignState.SCHEDULED, started_by=batch.created_by, started_at=timezone.now()
    )


_ANSWERS: dict[str, dict[str, Any]] = {
    "message": {"message": MESSAGE, "appointment_name": "flu vaccination"},
    "decline": {"allow": "no", "message": DECLINE},
    "patients": {},
}


@pytest.mark.parametrize("step", [*_ANSWERS, "upload", "delete"])
def test_a_batch_that_is_sent_in_the_other_tab_meanwhile(step: str) -> None:
    batch = make_campaign(make_practice(clinical_system="systmone"))
    wizard = Wizard(signed_in(batch.created_by), batch.created_by).of(batch)
    request = wizard.upload if step == "upload" else lambda: wizard.answer(step, **_ANSWERS.get(step, {}))
    before = Campaign.objects.values("message", "allow_decline", "patient_list", "list_agreed").get(id=batch.id)
    response = while_somebody_has_it(batch, lambda: send(batch), request)
    assert goes_to(response, wizard.address("progress"))
    assert Campaign.objects.values("message", "allow_decline", "patient_list", "list_agreed").get(id=batch.id) == before
    assert not AuditEvent.objects.exists()


@pytest.mark.parametrize("step", ["message", "summary"])
def test_a_draft_that_is_deleted_in_the_other_tab_meanwhile(step: str) -> None:
    batch = make_campaign()
    wizard = Wizard(signed_in(batch.created_by), batch.created_by).of(batch)
    response = while_somebody_has_it(batch, batch.delete, lambda: wizard.answer(step, **_ANSWERS.get(step, {})))
    assert response.status_code == 404


def test_deleting_in_two_tabs() -> None:
    batch = make_campaign()
    wizard = Wizard(signed_in(batch.created_by), batch.created_by).of(batch)
    response = while_somebody_has_it(batch, Campaign.objects.get(id=batch.id).delete, lambda: wizard.answer("delete"))
    assert goes_to(response, reverse("campaigns:home"))


def test_send_pressed_by_two_at_once_starts_once() -> None:
    batch = make_campaign(rows=2)
    barrier = Barrier(2)

    def press(sender: User) -> Campaign:
        barrier.wait(PATIENCE)
        return services.start(campaign=Campaign.objects.get(id=batch.id), longest_name="Asha", by=sender)

    senders = [make_staff(batch.practice) for _ in range(2)]
    results = [Running(lambda sender=sender: press(sender)) for sender in senders]  # type: ignore[misc] # a lambda
    first, second = (running.done() for running in results)
    assert (first.started_by, first.started_at) == (second.started_by, second.started_at)
    assert AuditEvent.objects.filter(action="campaign.sent").count() == 1


def test_two_workers_issue_each_invitation_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(issuing, "CHUNK", 5)
    batch = make_campaign(rows=20, started=True, state=CampaignState.STARTING)
    barrier = Barrier(2)

    def work() -> None:
        barrier.wait(PATIENCE)
        issuing.issue(batch.id)

    for running in [Running(work), Running(work)]:
        running.done()
    batch.refresh_from_db()
    assert batch.state == CampaignState.RUNNING
    assert Invitation.objects.values("recipient").distinct().count() == Invitation.objects.count() == 20
    assert (Message.objects.count(), CodedEntry.objects.count()) == (20, 20)


def test_issuing_does_not_hold_up_the_rest_of_the_practice() -> None:
    batch = make_campaign(started=True, state=CampaignState.STARTING)
    with transaction.atomic():
        assert issuing._issue_chunk(batch.id)
        another = Running(lambda: services.create_draft(practice=batch.practice, by=batch.created_by)).done()
    assert another.practice == batch.practice
