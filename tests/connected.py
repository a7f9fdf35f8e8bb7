"""Practices whose clinical system and texts are in the sandbox, with patients and slots on its books."""

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from django.utils import timezone

from integrations.connections import news_url
from integrations.models import ChannelConnection, ClinicalConnection, NotifyConnection
from integrations.sandbox.server import SandboxServer
from patients.models import Recipient
from practices.models import Practice
from tests.integrations.messaging.notify import KEY_ID, keys

EMIS_KNOWS = [{"scheme": "READ2", "value": "9N3G"}, {"scheme": "READ2", "value": "9OX51"}]
"""The local codes of `make_code`."""


def connect(practice: Practice, sandbox: SandboxServer) -> None:
    """Open the practice and its Twilio account in the sandbox, and store both connections with us."""
    ods = practice.ods_code
    ClinicalConnection.objects.create(
        practice=practice,
        gp_connect_url=f"{sandbox.url}/gpconnect/{ods}/STU3/1/gpconnect",
        asid_from="200000000111",
        asid_to="200000000999",
        gateway_url=f"{sandbox.url}/gateway/{ods}",
        gateway_token=f"gateway-{ods}",
    )
    account = ChannelConnection.objects.create(
        practice=practice,
        account_sid="AC" + uuid4().hex,
        auth_token=uuid4().hex,
        sender="+447700900000",
        base_url=f"{sandbox.url}/twilio",
    )
    sandbox.control(
        "seed",
        {
            "practices": [
                {"ods": ods, "system": practice.clinical_system, "name": practice.name, "local_codes": EMIS_KNOWS}
            ],
            "accounts": [{"sid": account.account_sid, "token": account.auth_token}],
        },
    )


def connect_notify(
    sandbox: SandboxServer, practice: Practice, *, step_seconds: float, called_back: bool = False, **fields: Any
) -> NotifyConnection:
    """Open the practice's account with NHS Notify in the sandbox, and store it, with these fields, with us.

    Its messages take so many seconds from step to step, and we may be called back about each.
    """
    private_key, public_key = keys()
    connection = NotifyConnection.objects.create(
        practice=practice,
        api_key=uuid4().hex,
        key_id=KEY_ID,
        private_key=private_key,
        application_id="app-1",
        base_url=f"{sandbox.url}/notify/comms",
        **fields,
    )
    client = {
        "api_key": connection.api_key,
        "key_id": KEY_ID,
        "public_key": public_key,
        "application_id": connection.application_id,
        "callback_url": news_url(connection) if called_back else "",
        "step_seconds": step_seconds,
    }
    sandbox.control("seed", {"notify_clients": [client]})
    return connection


def seed_patient(sandbox: SandboxServer, practice: Practice, recipient: Recipient, **details: Any) -> None:
    """Put a recipient on the books of the practice's clinical system, as our list has them."""
    patient = {
        "ods": practice.ods_code,
        "nhs_number": recipient.nhs_number,
        "given": recipient.given_name or "Asha",
        "family": recipient.family_name or "Patel",
        "dob": (recipient.date_of_birth or datetime(1958, 3, 9).date()).isoformat(),
        "mobile": recipient.mobile,
    }
    sandbox.control("seed", {"patients": [patient | details]})


def seed_slots(
    sandbox: SandboxServer,
    practice: Practice,
    slot_type: str = "Flu clinic",
    count: int = 3,
    after: int = 3,
    **details: Any,
) -> int:
    """Add a session of free slots so many days from today; returns its first slot's id."""
    day = timezone.localdate() + timedelta(days=after)
    session = {
        "ods": practice.ods_code,
        "name": f"{slot_type} session",
        "slot_type": slot_type,
        "start": f"{day}T09:00:00",
        "minutes": 10,
        "count": count,
    }
    return int(sandbox.control("seed", {"sessions": [session | details]})["first_slot_ids"][0])
