"""The demo practices' accounts with the stand-in for NHS Notify, ready for an administrator to choose its channels."""

from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from integrations.connections import news_url
from integrations.models import NotifyConnection
from practices.models import Practice
from selfbook.demo.practices import BOTH, DemoPractice

KEY_ID = "demo"


def connect(practice: Practice, demo: DemoPractice, sandbox_url: str) -> None:
    """Store the account, with a key of its own, or give it the stand-ins' present address. The channel stays."""
    facts = {"base_url": f"{sandbox_url}/notify/comms"}
    if NotifyConnection.objects.filter(practice=practice).update(**facts):
        return
    NotifyConnection.objects.create(
        practice=practice,
        api_key=f"made-up-key-{demo.ods_code}",
        key_id=KEY_ID,
        private_key=_private_key(),
        application_id=f"demo-{demo.ods_code}",
        **facts,
    )


def _private_key() -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    form, secret = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, form, secret).decode()


def _public_key(private: str) -> str:
    key = serialization.load_pem_private_key(private.encode(), None).public_key()
    return key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode()


def clients() -> list[dict[str, Any]]:
    """The accounts as the stand-in must know them, with where its news goes now."""
    connections = NotifyConnection.objects.filter(practice__ods_code__in=[demo.ods_code for demo in BOTH])
    return [
        {
            "api_key": connection.api_key,
            "key_id": connection.key_id,
            "public_key": _public_key(connection.private_key),
            "application_id": connection.application_id,
            "callback_url": news_url(connection),
            "text_hours": True,
        }
        for connection in connections
    ]


def app_users(demo: DemoPractice, patients: int) -> list[dict[str, Any]]:
    """Two in three patients have the NHS App, and one in four of them without its notifications."""
    return [
        {"ods": demo.ods_code, "nhs_number": person.nhs_number, "notifications": place % 4 != 0}
        for place, person in enumerate(demo.people(patients))
        if place % 3 != 2
    ]
