"""The audit trail cannot be changed or emptied, not even past the service's own code."""

import pytest
from django.db import DatabaseError, connection, transaction

from practices.audit import sealing
from practices.audit import trail as audit
from practices.models import AuditEvent, AuditSeal
from tests.factories import make_practice, make_staff

pytestmark = pytest.mark.django_db


def written() -> AuditEvent:
    practice = make_practice()
    audit.record("campaign.sent", practice=practice, actor=make_staff(practice), days=1)
    return AuditEvent.objects.latest("id")


@pytest.mark.parametrize("table", ["practices_auditevent", "practices_auditseal"])
@pytest.mark.parametrize(
    "statement", ["UPDATE {} SET {} = {}", "DELETE FROM {}", "TRUNCATE {} CASCADE"], ids=["change", "remove", "empty"]
)
def test_the_database_refuses(table: str, statement: str) -> None:
    written()
    sealing.seal()
    column = "at" if table == "practices_auditevent" else "sealed_at"
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement.format(table, column, column))
    assert AuditEvent.objects.count() == AuditSeal.objects.count() == 1


def test_a_row_takes_one_insert(django_assert_num_queries: object) -> None:
    practice = make_practice()
    staff = make_staff(practice)
    with django_assert_num_queries(1) as asked:  # type: ignore[operator] # pytest-django's fixture
        audit.record("campaign.sent", practice=practice, actor=staff)
    (only,) = asked.captured_queries
    assert only["sql"].startswith("INSERT INTO")
