"""Secrets that no key opens stop the start; rotating keys moves all of them, whoever works meanwhile."""

import io
import re
from collections.abc import Iterator
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.core import checks
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection
from pytest_django import Settings

from integrations.models import ChannelConnection
from selfbook import start
from selfbook.keys import checks as key_checks
from selfbook.keys import places as places_module
from selfbook.keys import secrets as moving
from selfbook.keys.places import Place, places
from tests.selfbook.keys.conftest import ALL, Secrets

pytestmark = pytest.mark.django_db


def errors() -> list[checks.CheckMessage]:
    return [check for check in checks.run_checks() if check.id == "selfbook.E002"]


def rotate(*arguments: str) -> tuple[str, int]:
    out = io.StringIO()
    try:
        call_command("rotate_keys", *arguments, stdout=out)
    except SystemExit as end:
        return out.getvalue(), int(str(end.code))
    return out.getvalue(), 0


def test_all_places_are_known() -> None:
    names = {f"{place.table}.{place.column}" for place in places()}
    assert {
        "integrations_channelconnection.auth_token",
        "integrations_clinicalconnection.client_key",
        "integrations_notifyconnection.private_key",
        "mfa_authenticator.data",
    } <= names


@pytest.mark.hazard("H-22.2")
def test_a_lost_key_is_an_error_with_table_field_count_and_remedy(secrets: Secrets, settings: Settings) -> None:
    assert errors() == []
    settings.FIELD_ENCRYPTION_KEYS = [secrets.new]
    told = {error.msg.split(":")[0]: error for error in errors()}
    assert set(told) == {
        "integrations_channelconnection.auth_token",
        "integrations_clinicalconnection.gateway_token",
        "mfa_authenticator.data",
    }
    assert "1 of 1 secrets" in told["integrations_channelconnection.auth_token"].msg
    assert "4 of 4 secrets" in told["mfa_authenticator.data"].msg
    assert all("at the end of FIELD_ENCRYPTION_KEYS" in str(error.hint) for error in told.values())
    assert not [text for text in (*ALL, secrets.new, secrets.old) for error in told.values() if text in str(error)]


def test_without_any_key_they_are_lost_too(secrets: Secrets, settings: Settings) -> None:
    settings.FIELD_ENCRYPTION_KEYS = []
    assert len(errors()) == 3


@pytest.mark.hazard("H-22.2")
def test_nothing_starts_then(secrets: Secrets, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "close", lambda: None)  # the test's own transaction
    monkeypatch.setattr(connection, "close_pool", lambda: None)
    start.refuse_bad_start()
    settings.FIELD_ENCRYPTION_KEYS = [secrets.new]
    with pytest.raises(ImproperlyConfigured, match=r"mfa_authenticator\.data: 4 of 4"):
        start.refuse_bad_start()
    monkeypatch.setattr(start, "missing_migrations", lambda: ["booking.0099_more"])
    with pytest.raises(ImproperlyConfigured, match=r"booking\.0099_more.*manage\.py migrate"):
        start.refuse_bad_start()


def test_an_older_or_empty_database_is_not_asked(secrets: Secrets, settings: Settings) -> None:
    settings.FIELD_ENCRYPTION_KEYS = [secrets.new]
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE integrations_channelconnection DROP COLUMN auth_token")
        cursor.execute("ALTER TABLE campaigns_invitation DROP COLUMN link_key")
        assert len(errors()) == 2
        cursor.execute("CREATE SCHEMA empty; SET LOCAL search_path = empty")
        assert key_checks.stored_keys() == []
        assert start.missing_migrations()[0].endswith(".0001_initial")


def test_a_database_that_is_away_is_not_asked(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    nowhere = {**connection.get_connection_params(), "host": "127.0.0.1", "port": "1"}
    monkeypatch.setattr(connection, "get_connection_params", lambda: nowhere)
    assert key_checks.stored_keys() == []
    start.refuse_bad_start()


def test_every_migration_of_this_version_has_run() -> None:
    assert start.missing_migrations() == []


def test_everything_is_moved_to_the_newest_key(secrets: Secrets, settings: Settings) -> None:
    settings.FIELD_ENCRYPTION_KEYS = [secrets.new, secrets.old]
    looked, code = rotate("--dry-run")
    assert "key 2 still opens 6" in looked
    printed, code = rotate()
    assert code == 0
    assert "4 rows moved" in printed
    assert "key 2 is not used any more" in printed
    assert not [text for text in (*ALL, secrets.new, secrets.old) if text in printed]
    assert "0 rows moved" in rotate()[0]
    settings.FIELD_ENCRYPTION_KEYS = [secrets.new]
    assert secrets.texts() == ALL
    assert errors() == []
    secrets.passkey.refresh_from_db()
    assert secrets.passkey.data == {"name": "Passkey", "credential": {}}


def test_it_goes_on_where_it_was_broken_off(
    secrets: Secrets, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.FIELD_ENCRYPTION_KEYS = [secrets.new, secrets.old]
    left = iter([True])
    replace = places_module.replace

    def broken_off(*arguments: Any) -> bool:
        if next(left, False):
            return replace(*arguments)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(moving, "replace", broken_off)
        with pytest.raises(KeyboardInterrupt):
            moving.move_to_newest()
    assert moving.move_to_newest() == 3
    assert secrets.texts() == ALL


@pytest.mark.hazard("H-22.3")
def test_what_is_saved_meanwhile_stays(secrets: Secrets, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.FIELD_ENCRYPTION_KEYS = [secrets.new, secrets.old]
    values = places_module.values

    def then_saved(place: Place, size: int) -> Iterator[list[tuple[str, str]]]:
        for rows in values(place, size):
            secrets.channel.auth_token = "another"
            secrets.channel.save()
            yield rows

    monkeypatch.setattr(moving, "values", then_saved)
    moving.move_to_newest()
    assert secrets.texts() == ["another", *ALL[1:]]


def test_many_rows_go_in_chunks(secrets: Secrets, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(moving, "CHUNK", 1)
    settings.FIELD_ENCRYPTION_KEYS = [secrets.new, secrets.old]
    assert moving.move_to_newest() == 4
    assert secrets.texts() == ALL


def test_rows_are_taken_by_number_and_not_as_text(
    secrets: Secrets, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(moving, "CHUNK", 1)
    data, person = secrets.app.data, secrets.app.user
    Authenticator.objects.all().delete()
    for number in (9, 10, 100):
        Authenticator.objects.create(id=number, user=person, type=f"totp{number}", data=data)
    settings.FIELD_ENCRYPTION_KEYS = [secrets.new, secrets.old]
    assert moving.move_to_newest() == 5
    assert moving.move_to_newest() == 0


def test_a_lost_key_is_told_and_given_up_by_hand_alone(secrets: Secrets, settings: Settings) -> None:
    settings.FIELD_ENCRYPTION_KEYS = [secrets.new]
    printed, code = rotate()
    assert code == 1
    assert re.search(r"integrations_channelconnection.auth_token: nothing, 1 by none", printed)
    printed, code = rotate("--give-up")
    assert (code, errors()) == (0, [])
    assert "4 rows given up" in printed
    secrets.channel.refresh_from_db()
    assert secrets.channel.auth_token == ""
    assert [row.type for row in Authenticator.objects.all()] == ["webauthn"], "no secret that anybody could work out"
    assert ChannelConnection.objects.count() == 1


def test_it_needs_keys(settings: Settings) -> None:
    settings.FIELD_ENCRYPTION_KEYS = []
    with pytest.raises(CommandError, match="FIELD_ENCRYPTION_KEYS"):
        rotate()
