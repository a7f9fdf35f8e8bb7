"""Secrets outlive a change of keys, and are nothing without one."""

import pytest
from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from pytest_django import Settings

from integrations.encryption import cipher
from integrations.models import ChannelConnection
from tests.factories import make_practice

pytestmark = pytest.mark.django_db


def make_connection() -> ChannelConnection:
    return ChannelConnection.objects.create(
        practice=make_practice(), account_sid="AC" + "0" * 32, auth_token="a secret", sender="ExampleGP"
    )


def stored() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT auth_token FROM integrations_channelconnection")
        (value,) = cursor.fetchone()
    return str(value)


def test_a_new_key_reads_what_the_old_one_wrote_and_saving_moves_it_over(settings: Settings) -> None:
    old, new = settings.FIELD_ENCRYPTION_KEYS[0], Fernet.generate_key().decode()
    row = make_connection()
    settings.FIELD_ENCRYPTION_KEYS = [new, old]
    row.refresh_from_db()
    assert row.auth_token == "a secret"
    row.save()
    settings.FIELD_ENCRYPTION_KEYS = [new]
    row.refresh_from_db()
    assert row.auth_token == "a secret"
    settings.FIELD_ENCRYPTION_KEYS = [old]
    row.refresh_from_db()
    assert row.auth_token == "", "as if none were stored: it can be typed in again"


def test_the_same_secret_never_looks_the_same_twice() -> None:
    row = make_connection()
    first = stored()
    row.save()
    assert stored() != first


def test_nothing_stays_nothing() -> None:
    row = make_connection()
    row.auth_token = ""
    row.save()
    assert stored() == ""
    row.refresh_from_db()
    assert row.auth_token == ""


def test_without_a_key_nothing_is_stored(settings: Settings) -> None:
    settings.FIELD_ENCRYPTION_KEYS = []
    with pytest.raises(ImproperlyConfigured, match="FIELD_ENCRYPTION_KEYS"):
        cipher()
