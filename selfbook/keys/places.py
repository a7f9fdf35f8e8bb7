"""Where encrypted secrets lie in the database: read and replaced as they are stored, without any model."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

from allauth.mfa.models import Authenticator
from django.apps import apps
from django.db import connection
from psycopg.sql import SQL, Composed, Identifier

from integrations.encryption import EncryptedTextField

Change = Callable[[str], str]


class Place(Protocol):
    """A column of a table, with secrets in it. `name` is `table.column`."""

    @property
    def table(self) -> str:
        """The table."""

    @property
    def column(self) -> str:
        """The column."""

    def secrets_in(self, stored: str) -> list[str]:
        """The encrypted secrets of a value of the column."""

    def changed(self, stored: str, change: Change) -> str:
        """The value with each of its encrypted secrets changed."""


@dataclass(frozen=True)
class TextPlace:
    """A column of an `EncryptedTextField`: nothing, or one secret."""

    table: str
    column: str

    def secrets_in(self, stored: str) -> list[str]:
        """That secret, if there is one."""
        return [stored] if stored else []

    def changed(self, stored: str, change: Change) -> str:
        """The secret, changed."""
        return change(stored) if stored else stored


@dataclass(frozen=True)
class FactorPlace:
    """The data of second factors, as django-allauth stores them: JSON, with encrypted texts under these names."""

    table: str
    column: str
    _names = ("secret", "seed", "migrated_codes")

    def secrets_in(self, stored: str) -> list[str]:
        """The secret of an app, or the seed or codes to recover by; a passkey has none."""
        secrets: list[str] = []
        self.changed(stored, lambda secret: secrets.append(secret) or secret)  # type: ignore[func-returns-value] # None
        return secrets

    def changed(self, stored: str, change: Change) -> str:
        """The JSON with each secret changed."""
        data = json.loads(stored)
        for name in self._names:
            match data.get(name):
                case str(secret):
                    data[name] = change(secret)
                case list(secrets):
                    data[name] = [change(secret) for secret in secrets]
        return json.dumps(data)


def places() -> list[Place]:
    """Every place, of those that this database has: an older or empty one has fewer."""
    fields: list[Place] = [
        TextPlace(model._meta.db_table, str(field.column))
        for model in apps.get_models()
        for field in model._meta.local_concrete_fields
        if isinstance(field, EncryptedTextField)
    ]
    fields.append(FactorPlace(Authenticator._meta.db_table, "data"))
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name, column_name FROM information_schema.columns"
            " WHERE table_schema = ANY(current_schemas(false))"
        )
        there = set(cursor.fetchall())
    return [place for place in fields if (place.table, place.column) in there]


def values(place: Place, size: int) -> Iterator[list[tuple[str, str]]]:
    """Its rows as key and stored value, in the order of the keys, at most `size` at a time."""
    key = _key(place)
    after: str | None = None
    while True:
        beyond = SQL("TRUE") if after is None else SQL("{} > %(after)s").format(key)
        # By other names, or the order would be that of the texts: 10 before 9.
        statement = SQL(
            "SELECT {key}::text AS written_key, {column}::text AS written FROM {table}"
            " WHERE {beyond} ORDER BY {key} LIMIT %(size)s"
        )
        with connection.cursor() as cursor:
            cursor.execute(_of(statement, place, key=key, beyond=beyond), {"after": after, "size": size})
            rows = cursor.fetchall()
        if not rows:
            return
        yield rows
        after = rows[-1][0]


def replace(place: Place, row: str, before: str, after: str) -> bool:
    """Write a row's value anew if it is still what it was; whether it was. One statement: nobody waits for more."""
    statement = SQL("UPDATE {table} SET {column} = %(after)s WHERE {key} = %(row)s AND {column}::text = %(before)s")
    with connection.cursor() as cursor:
        cursor.execute(_of(statement, place, key=_key(place)), {"after": after, "row": row, "before": before})
        return bool(cursor.rowcount)


def remove(place: Place, row: str, before: str) -> bool:
    """Delete a row if its value is still what it was; whether it was."""
    statement = SQL("DELETE FROM {table} WHERE {key} = %(row)s AND {column}::text = %(before)s")
    with connection.cursor() as cursor:
        cursor.execute(_of(statement, place, key=_key(place)), {"row": row, "before": before})
        return bool(cursor.rowcount)


def _of(statement: SQL, place: Place, **parts: Any) -> Composed:
    names = {name: part for name, part in parts.items() if f"{{{name}}}" in statement.as_string()}
    if "{table}" in statement.as_string():
        names["table"] = Identifier(place.table)
    return statement.format(column=Identifier(place.column), **names)


def _key(place: Place) -> Identifier:
    """The primary key's column: of a row's own table, whatever it is called."""
    (model,) = [model for model in apps.get_models() if model._meta.db_table == place.table]
    return Identifier(str(model._meta.pk.column))
