"""The sandbox's own small database: one sqlite3 file, or memory."""

import re
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

SCHEMA = """
CREATE TABLE IF NOT EXISTS practices (
  ods TEXT PRIMARY KEY, system TEXT NOT NULL, name TEXT NOT NULL, phone TEXT NOT NULL,
  asid TEXT NOT NULL, consumer_asid TEXT NOT NULL, gateway_token TEXT NOT NULL, enabled INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS gateways (
  ods TEXT PRIMARY KEY, contract TEXT NOT NULL, maps_local_codes INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS local_codes (
  ods TEXT NOT NULL, scheme TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (ods, scheme, value)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS patients (
  id INTEGER PRIMARY KEY, ods TEXT NOT NULL, nhs_number TEXT NOT NULL, title TEXT NOT NULL, given TEXT NOT NULL,
  family TEXT NOT NULL, dob TEXT NOT NULL, gender TEXT NOT NULL, mobile TEXT NOT NULL, home_phone TEXT NOT NULL,
  deceased INTEGER NOT NULL, inactive INTEGER NOT NULL, sensitive INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS patients_by_number ON patients (ods, nhs_number);
CREATE TABLE IF NOT EXISTS clinicians (
  id INTEGER PRIMARY KEY, ods TEXT NOT NULL, name TEXT NOT NULL, role TEXT NOT NULL DEFAULT '',
  gender TEXT NOT NULL DEFAULT '', UNIQUE (ods, name));
CREATE TABLE IF NOT EXISTS locations (
  id INTEGER PRIMARY KEY, ods TEXT NOT NULL, name TEXT NOT NULL, address TEXT NOT NULL DEFAULT '',
  UNIQUE (ods, name));
CREATE TABLE IF NOT EXISTS sessions (
  id INTEGER PRIMARY KEY, ods TEXT NOT NULL, name TEXT NOT NULL, clinician_id INTEGER, location_id INTEGER NOT NULL,
  start INTEGER NOT NULL, finish INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS slots (
  id INTEGER PRIMARY KEY, ods TEXT NOT NULL, session_id INTEGER NOT NULL, slot_type TEXT NOT NULL,
  start INTEGER NOT NULL, finish INTEGER NOT NULL, channel TEXT NOT NULL, bookable INTEGER NOT NULL,
  only_type TEXT NOT NULL, only_ods TEXT NOT NULL, taken_by TEXT NOT NULL DEFAULT '');
CREATE INDEX IF NOT EXISTS slots_by_start ON slots (ods, start);
CREATE TABLE IF NOT EXISTS appointments (
  id INTEGER PRIMARY KEY, ods TEXT NOT NULL, patient_id INTEGER NOT NULL, slot_ids TEXT NOT NULL,
  slot_type TEXT NOT NULL, start INTEGER NOT NULL, finish INTEGER NOT NULL, status TEXT NOT NULL,
  version INTEGER NOT NULL, resource TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS appointments_by_patient ON appointments (patient_id, start);
CREATE TABLE IF NOT EXISTS codes (
  entry_id TEXT PRIMARY KEY, ods TEXT NOT NULL, patient_id INTEGER NOT NULL, key TEXT NOT NULL, snomed TEXT NOT NULL,
  scheme TEXT NOT NULL, value TEXT NOT NULL, day TEXT NOT NULL, term TEXT NOT NULL, shows_at REAL NOT NULL);
CREATE TABLE IF NOT EXISTS code_descriptions (
  entry_id TEXT PRIMARY KEY, description_id TEXT NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS codes_by_patient ON codes (patient_id);
CREATE TABLE IF NOT EXISTS answers (
  ods TEXT NOT NULL, key TEXT NOT NULL, request TEXT NOT NULL, status INTEGER NOT NULL, body TEXT NOT NULL,
  at REAL NOT NULL, PRIMARY KEY (ods, key)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS accounts (sid TEXT PRIMARY KEY, token TEXT NOT NULL, step_seconds REAL NOT NULL);
CREATE TABLE IF NOT EXISTS signing_keys (account TEXT PRIMARY KEY, signing_key TEXT NOT NULL, signing TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS incoming (account TEXT PRIMARY KEY, url TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS texts (
  sid TEXT PRIMARY KEY, account TEXT NOT NULL, recipient TEXT NOT NULL, sender TEXT NOT NULL, service TEXT NOT NULL,
  body TEXT NOT NULL, segments INTEGER NOT NULL, status TEXT NOT NULL, error_code INTEGER, error_message TEXT NOT NULL,
  callback TEXT NOT NULL, created REAL NOT NULL, updated REAL NOT NULL);
CREATE INDEX IF NOT EXISTS texts_by_recipient ON texts (recipient, created);
CREATE TABLE IF NOT EXISTS received (
  sid TEXT PRIMARY KEY, account TEXT NOT NULL, recipient TEXT NOT NULL, sender TEXT NOT NULL, service TEXT NOT NULL,
  body TEXT NOT NULL, created REAL NOT NULL);
CREATE TABLE IF NOT EXISTS stopped (number TEXT PRIMARY KEY);
CREATE TABLE IF NOT EXISTS notify_clients (
  api_key TEXT PRIMARY KEY, key_id TEXT NOT NULL, public_key TEXT NOT NULL, application_id TEXT NOT NULL,
  callback_url TEXT NOT NULL, step_seconds REAL NOT NULL, token_seconds REAL NOT NULL);
CREATE TABLE IF NOT EXISTS notify_text_hours (client TEXT PRIMARY KEY);
CREATE TABLE IF NOT EXISTS notify_jtis (jti TEXT PRIMARY KEY);
CREATE TABLE IF NOT EXISTS notify_tokens (token TEXT PRIMARY KEY, client TEXT NOT NULL, until REAL NOT NULL);
CREATE TABLE IF NOT EXISTS notify_app_users (
  ods TEXT NOT NULL, nhs_number TEXT NOT NULL, notifications INTEGER NOT NULL, PRIMARY KEY (ods, nhs_number));
CREATE INDEX IF NOT EXISTS notify_app_users_by_number ON notify_app_users (nhs_number);
CREATE TABLE IF NOT EXISTS notify_references (
  client TEXT NOT NULL, kind TEXT NOT NULL, reference TEXT NOT NULL, PRIMARY KEY (client, kind, reference));
CREATE TABLE IF NOT EXISTS notify_messages (
  id TEXT PRIMARY KEY, client TEXT NOT NULL, reference TEXT NOT NULL, plan TEXT NOT NULL, nhs_number TEXT NOT NULL,
  ods TEXT NOT NULL, words TEXT NOT NULL, status TEXT NOT NULL, code TEXT NOT NULL, channels TEXT NOT NULL,
  created REAL NOT NULL, app_due REAL NOT NULL);
CREATE INDEX IF NOT EXISTS notify_messages_by_due ON notify_messages (app_due) WHERE app_due > 0;
CREATE TABLE IF NOT EXISTS journal (
  id INTEGER PRIMARY KEY, at REAL NOT NULL, method TEXT NOT NULL, target TEXT NOT NULL, ods TEXT NOT NULL,
  status INTEGER NOT NULL);
"""
ADDED = (("clinicians", "role"), ("clinicians", "gender"), ("locations", "address"))
"""Columns that files of earlier versions lack."""

TABLES = re.findall(r"CREATE TABLE IF NOT EXISTS (\w+)", SCHEMA)


class Store:
    """A thin layer over one sqlite3 connection. Used by one event loop, so nothing needs a lock.

    Every statement commits by itself unless it runs inside `transaction()`, which must not await.
    """

    def __init__(self, path: str) -> None:
        """Open the file at `path` (made when absent), or memory for ":memory:"."""
        self._connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._connection.row_factory = sqlite3.Row
        # A crash of the machine may lose the last writes; a crash of the process does not. Enough for a stand-in.
        self._connection.executescript("PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF;")
        self._connection.executescript(SCHEMA)
        for table, column in ADDED:
            if column not in {row["name"] for row in self.rows(f"PRAGMA table_info({table})")}:
                self._connection.execute(f"ALTER TABLE {table} ADD COLUMN {column} TEXT NOT NULL DEFAULT ''")

    def rows(self, sql: str, *values: object) -> list[sqlite3.Row]:
        """All rows of a query, with its `?` filled by these values."""
        return self._connection.execute(sql, values).fetchall()

    def row(self, sql: str, *values: object) -> sqlite3.Row | None:
        """The first row of a query, or None."""
        first_row: sqlite3.Row | None = self._connection.execute(sql, values).fetchone()
        return first_row

    def insert(self, table: str, **columns: object) -> int:
        """Add one row and return its number."""
        names, marks = ", ".join(columns), ", ".join("?" * len(columns))
        # Table and column names come from this package's own code, values never do.
        sql = f"INSERT INTO {table} ({names}) VALUES ({marks})"  # noqa: S608 (see the line above)
        cursor = self._connection.execute(sql, tuple(columns.values()))
        return cursor.lastrowid or 0

    def write(self, sql: str, *values: object) -> int:
        """Run one writing statement and return how many rows it changed."""
        return self._connection.execute(sql, values).rowcount

    def write_many(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        """Run one writing statement for many rows."""
        self._connection.executemany(sql, rows)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Everything inside happens, or nothing does."""
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("COMMIT")

    def clear(self) -> None:
        """Delete every row of every table, in one transaction."""
        with self.transaction():
            for table in TABLES:
                self._connection.execute(f"DELETE FROM {table}")  # noqa: S608 (the names are from SCHEMA)

    def close(self) -> None:
        """Close the file; the store cannot be used after it."""
        self._connection.close()
