"""A statement that many pages ask is planned once for each connection, and is otherwise like any other."""

import pytest
from django.db import ProgrammingError, connection
from django.db.backends.utils import CursorWrapper
from pytest_django import DjangoAssertNumQueries
from pytest_django.fixtures import Settings

from core.database import ask
from tests.factories import make_practice

pytestmark = pytest.mark.django_db

NAMES = "SELECT name FROM practices_practice WHERE %(name)s::text IS NULL OR name = %(name)s ORDER BY name"


def prepared() -> int:
    """How often this connection's statements of this kind have been planned ahead and asked."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(sum(generic_plans + custom_plans), 0) FROM pg_prepared_statements"
            " WHERE statement LIKE 'SELECT name FROM practices_practice%%'"
        )
        return int(cursor.fetchone()[0])


def test_it_is_prepared_once_and_asked_again() -> None:
    make_practice(name="Example Surgery")
    before = prepared()
    for _ in range(3):
        assert ask(NAMES, {"name": "Example Surgery"}) == [("Example Surgery",)]
    assert prepared() - before == 3
    assert ask(NAMES, {"name": None}) == [("Example Surgery",)]
    assert ask(NAMES, {"name": "Another"}) == []


def test_behind_a_pooler_nothing_is_prepared(settings: Settings) -> None:
    settings.DATABASE_POOLER = True
    before = prepared()
    assert ask(NAMES, {"name": "Another"}) == []
    assert prepared() == before


def test_other_cursors_prepare_nothing() -> None:
    ask(NAMES, {"name": "Another"})
    before = prepared()
    with connection.cursor() as cursor:
        assert isinstance(cursor, CursorWrapper)
        for _ in range(9):
            cursor.execute(NAMES, {"name": "Another"})
    assert prepared() == before


def test_where_statements_are_logged_it_is_among_them(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    with django_assert_num_queries(2) as captured:
        for _ in range(2):
            assert ask(NAMES, {"name": "Another"}) == []
    assert captured[0]["sql"].startswith("SELECT name FROM practices_practice")


def test_errors_are_those_of_django() -> None:
    with pytest.raises(ProgrammingError):
        ask("SELECT nothing FROM nowhere WHERE %s", [True])
