"""The role that runs the product: it does its work, and cannot touch what only grows."""

from collections.abc import Iterator
from io import StringIO
from uuid import uuid4

import pytest
from django.core import checks
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.db import ProgrammingError, connection, transaction
from django.db.backends.signals import connection_created
from pytest_django.fixtures import Settings

from practices.audit import database_roles, sealing
from practices.audit import trail as audit
from practices.models import AuditEvent, AuditSeal, FormerAddress
from selfbook import role_check
from tests.factories import make_campaign, make_invitation, make_message, make_practice, make_staff

pytestmark = pytest.mark.django_db


@pytest.fixture
def role() -> Iterator[str]:
    """A role that was made as the command makes it. It is gone with the test's transaction."""
    name = f"app_{uuid4().hex[:12]}"
    call_command("grant_app_role", name, stdout=StringIO())
    yield name
    run("RESET ROLE")


def run(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql)


def test_the_role_does_the_work(role: str) -> None:
    run(f"SET ROLE {role}")
    staff = make_staff(make_practice(), email="a@example.org")
    make_message(make_invitation(make_campaign(staff.memberships.get().practice, started=True)))
    audit.record("campaign.sent", practice=None, actor=staff)
    assert sealing.seal()
    assert not sealing.verify().broken
    staff.email = "b@example.org"
    staff.save()
    assert FormerAddress.objects.exists(), "triggers write as that role"


@pytest.mark.hazard("H-19.3")
@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE practices_auditevent SET action = 'x'",
        "SET LOCAL pgtrigger.ignore = '{practices_auditevent:append_only}'; DELETE FROM practices_auditevent",
        "TRUNCATE practices_auditseal",
        "ALTER TABLE practices_auditevent DISABLE TRIGGER ALL",
        "ALTER TABLE practices_auditseal DISABLE TRIGGER USER",
        "DROP TABLE practices_auditseal",
        "DROP TRIGGER pgtrigger_append_only_fa351 ON practices_auditevent",
        "SET session_replication_role = replica",
        "CREATE TABLE public.practices_mine (id int)",
        "CREATE OR REPLACE FUNCTION pgtrigger_append_only_fa351() RETURNS TRIGGER LANGUAGE sql AS ''",
        "DELETE FROM django_migrations",
    ],
)
def test_it_cannot_touch_what_only_grows(role: str, sql: str) -> None:
    audit.record("campaign.sent", practice=None, actor=None)
    sealing.seal()
    run(f"SET ROLE {role}")
    with pytest.raises(ProgrammingError), transaction.atomic():
        run(sql)
    assert AuditEvent.objects.exists()
    assert AuditSeal.objects.exists()


@pytest.mark.hazard("H-19.3", guard_off=True)
def test_without_the_roles_the_owner_can(role: str) -> None:
    """The guard off: as its owner the trail can be emptied by whoever knows how."""
    audit.record("campaign.sent", practice=None, actor=None)
    run("SET CONSTRAINTS ALL IMMEDIATE")
    run("ALTER TABLE practices_auditevent DISABLE TRIGGER ALL")
    run("DELETE FROM practices_auditevent")
    assert not AuditEvent.objects.exists()


def test_a_table_that_is_new_gets_its_rights_the_next_time(role: str) -> None:
    run("CREATE TABLE newer (id int)")
    call_command("grant_app_role", role, stdout=StringIO())
    run(f"SET ROLE {role}")
    run("INSERT INTO newer VALUES (1)")


def test_the_check_tells_which_role_will_do(role: str) -> None:
    def found() -> list[str]:
        messages = checks.run_checks(tags=["database"], databases=["default"], include_deployment_checks=True)
        return [str(message.msg) for message in messages if message.id == "selfbook.E004"]

    assert "superuser" in found()[0]
    owner = f"owner_{uuid4().hex[:12]}"
    run(f"CREATE ROLE {owner}")
    run(f"GRANT {owner} TO {role}")
    run(f"SET ROLE {role}")
    assert found() == []
    run("RESET ROLE")
    run(f"ALTER TABLE practices_auditseal OWNER TO {owner}")
    run(f"SET ROLE {role}")
    assert "owns tables" in found()[0]
    run("RESET ROLE")
    run(f"REVOKE {owner} FROM {role}")
    run(f"GRANT UPDATE ON practices_auditevent TO {role}")
    run(f"SET ROLE {role}")
    assert found() == ["The database's role can change the audit trail."]


@pytest.mark.django_db(transaction=True)
def test_production_does_not_run_as_the_owner(settings: Settings) -> None:
    settings.PRODUCTION = True
    connection.close()
    try:
        for _ in range(2):
            with pytest.raises(ImproperlyConfigured, match="will not run in production"):
                role_check.guard()
        with pytest.raises(ImproperlyConfigured):
            AuditEvent.objects.exists()
    finally:
        connection_created.disconnect(dispatch_uid=role_check.NAME)
    assert connection.connection is None, "no second request may use it"


def test_production_runs_as_the_role(role: str) -> None:
    run(f"SET ROLE {role}")
    assert not list(database_roles.faults())


def test_the_owner_is_not_made_the_role() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        (owner,) = cursor.fetchone()
    with pytest.raises(CommandError, match="Name another role"):
        call_command("grant_app_role", owner)


def test_a_password_is_sent_as_it_is_stored(role: str, settings: Settings) -> None:
    settings.APP_ROLE_PASSWORD = "a made-up password"
    call_command("grant_app_role", role, stdout=StringIO())
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolpassword FROM pg_authid WHERE rolname = %s", [role])
        (stored,) = cursor.fetchone()
    assert stored.startswith("SCRAM-SHA-256$")
