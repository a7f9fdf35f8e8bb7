"""A practice's batch, with codes that staff have to file."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from campaigns.models import Campaign
from integrations.models.outbox import CodedEntry
from integrations.models.states import CodeState
from practices.models import Practice, User
from tests.factories import make_campaign, make_coded_entry, make_invitation

HAPPENED = datetime.fromisoformat("2026-07-01T23:30:00+00:00")
"""On the second of July, in London."""

Make = Callable[..., CodedEntry]


@pytest.fixture
def batch(practice: Practice, staff: User) -> Campaign:
    return make_campaign(practice, staff, started=True)


@pytest.fixture
def staffs(client: Client, staff: User) -> Client:
    client.force_login(staff)
    return client


def make_entry(batch: Campaign, state: CodeState = CodeState.NOT_FILED, **fields: Any) -> CodedEntry:
    """An entry of a patient of its own, given to staff a while ago."""
    values: dict[str, Any] = {
        "state": state,
        "happened_at": HAPPENED,
        "due_at": None,
        "settled_at": timezone.now() - timedelta(minutes=5),
        "reason": "File it by hand.",
        "local_scheme": "",
        "local_code": "",
    }
    return make_coded_entry(make_invitation(batch), **values | fields)
