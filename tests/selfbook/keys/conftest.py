"""A practice with every kind of secret, and keys to change."""

from dataclasses import dataclass

import pytest
from allauth.mfa.models import Authenticator
from cryptography.fernet import Fernet
from pytest_django import Settings

from integrations.encryption import cipher
from integrations.models import ChannelConnection, ClinicalConnection
from practices.models import User
from tests.factories import make_practice

CODES = ["11111111", "22222222"]


@dataclass
class Secrets:
    """What was stored, under the key that the settings had."""

    channel: ChannelConnection
    clinical: ClinicalConnection
    app: Authenticator
    recovery: Authenticator
    passkey: Authenticator
    old: str
    new: str

    def texts(self) -> list[str]:
        """All of them as they are read."""
        for row in (self.channel, self.clinical, self.app, self.recovery):
            row.refresh_from_db()
        opened = [self.app.data["secret"], self.recovery.data["seed"], *self.recovery.data["migrated_codes"]]
        plain = [cipher().decrypt(secret.encode()).decode() for secret in opened]
        return [self.channel.auth_token, self.clinical.gateway_token, *plain]


ALL = ["a token", "the gateway's", "JBSWY3DP", "a seed", *CODES]


@pytest.fixture
def secrets(settings: Settings) -> Secrets:
    practice = make_practice()
    person = User.objects.create_user(email="sam@example.nhs.uk", password="a long enough one")

    def factor(kind: str, **data: object) -> Authenticator:
        return Authenticator.objects.create(user=person, type=kind, data=data)

    def hide(text: str) -> str:
        return cipher().encrypt(text.encode()).decode()

    return Secrets(
        ChannelConnection.objects.create(
            practice=practice, account_sid="AC" + "0" * 32, auth_token=ALL[0], sender="ExampleGP"
        ),
        ClinicalConnection.objects.create(
            practice=practice,
            gp_connect_url="https://gp.example.nhs.uk",
            asid_from="1",
            asid_to="2",
            gateway_url="https://gateway.example.nhs.uk",
            gateway_token=ALL[1],
        ),
        factor("totp", secret=hide(ALL[2])),
        factor("recovery_codes", seed=hide(ALL[3]), used_mask=0, migrated_codes=[hide(code) for code in CODES]),
        factor("webauthn", name="Passkey", credential={}),
        settings.FIELD_ENCRYPTION_KEYS[0],
        Fernet.generate_key().decode(),
    )
