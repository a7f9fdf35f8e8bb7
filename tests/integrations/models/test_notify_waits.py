"""Waits in the NHS App that were longer than NHS Notify's own: a day from now on, for what is on its way as well."""

import pkgutil
from datetime import timedelta
from importlib import import_module
from types import SimpleNamespace

import pytest
from django.apps import apps
from django.db import connection
from django.utils import timezone

import integrations.migrations
from integrations.connections import text_after
from integrations.messaging.channels import Channel
from integrations.models import NotifyConnection
from integrations.models.outbox import Message
from integrations.models.states import MessageState
from tests.factories import make_campaign, make_invitation, make_message, make_practice

pytestmark = pytest.mark.django_db


def shorten() -> None:
    """Run the step of the migration, whatever its number has become."""
    names = [module.name for module in pkgutil.iter_modules(integrations.migrations.__path__)]
    (name,) = [name for name in names if name.endswith("_notify_as_it_is")]
    import_module(f"integrations.migrations.{name}").shorten_waits(apps, SimpleNamespace(connection=connection))


def test_longer_waits_become_a_day() -> None:
    keys = dict.fromkeys(["api_key", "key_id", "private_key", "application_id"], "x")
    for hours in (1, 24, 25, 72):
        NotifyConnection.objects.create(practice=make_practice(), text_after_hours=hours, **keys)
    waits = {text_after(row.practice_id) for row in NotifyConnection.objects.all()}
    assert waits == {timedelta(hours=1), timedelta(hours=24)}, "the version before may store longer waits yet"
    shorten()
    assert sorted(NotifyConnection.objects.values_list("text_after_hours", flat=True)) == [1, 24, 24, 24]


def test_messages_in_the_app_are_texted_after_a_day() -> None:
    campaign, now = make_campaign(started=True), timezone.now()
    rows = [
        make_message(
            make_invitation(campaign), state=state, way=Channel.APP, in_app_at=now, due_at=now + timedelta(hours=hours)
        )
        for state, hours in ((MessageState.IN_APP, 72), (MessageState.IN_APP, 4), (MessageState.DUE, 72))
    ]
    shorten()
    due = [Message.objects.get(id=row.id).due_at for row in rows]
    assert due == [now + timedelta(hours=hours) for hours in (24, 4, 72)]
