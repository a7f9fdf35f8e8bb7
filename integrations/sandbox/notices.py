"""What the stand-in for NHS Notify remembers: its clients, who has the NHS App, and the messages that it took."""

import json
import secrets
import sqlite3
import string
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from integrations.sandbox.store import Store

_BASE62 = string.digits + string.ascii_letters


@dataclass(frozen=True, slots=True)
class Client:
    """One application that may send. `public_key` is PEM; news goes to `callback_url` signed with both keys.

    `step_seconds` is how long a message stays in each status on its way; a token lives for `token_seconds`. With
    `text_hours` its texts leave in working hours only, by the sandbox's clock, as those of the live service do.
    """

    api_key: str
    key_id: str
    public_key: str
    application_id: str
    callback_url: str = ""
    step_seconds: float = 0.3
    token_seconds: float = 599.0
    text_hours: bool = False


@dataclass(frozen=True, slots=True)
class Notice:
    """One message. Times are seconds since 1970 by the sandbox's clock.

    `code` is a failure's code, or its description where it has no code. `app_due` is when the app counts as unread,
    or, once it is done with, when the text leaves.
    """

    id: str
    client: str
    reference: str
    plan: str
    nhs_number: str
    ods: str
    words: dict[str, str]
    status: str
    code: str
    channels: list[dict[str, Any]]
    created: float
    app_due: float = 0.0


class Notices:
    """Clients, tokens, app accounts and messages, in the sandbox's store."""

    def __init__(self, store: Store) -> None:
        """Keep them in this store."""
        self._store = store

    def add_client(self, client: Client) -> None:
        """Admit an application, or change one that is admitted."""
        names = [name for name in Client.__slots__ if name != "text_hours"]
        marks = ", ".join("?" * len(names))
        sql = f"INSERT OR REPLACE INTO notify_clients ({', '.join(names)}) VALUES ({marks})"  # noqa: S608 (own names)
        self._store.write(sql, *(getattr(client, name) for name in names))
        self._store.write("DELETE FROM notify_text_hours WHERE client = ?", client.api_key)
        if client.text_hours:
            self._store.insert("notify_text_hours", client=client.api_key)

    def client(self, api_key: str) -> Client | None:
        """One application by its API key."""
        row = self._store.row("SELECT * FROM notify_clients WHERE api_key = ?", api_key)
        hours = self._store.row("SELECT client FROM notify_text_hours WHERE client = ?", api_key)
        return None if row is None else Client(**dict(row), text_hours=hours is not None)

    def first_use(self, jti: str) -> bool:
        """Whether this token id was never seen; from now on it was."""
        return self._store.write("INSERT OR IGNORE INTO notify_jtis (jti) VALUES (?)", jti) == 1

    def issue(self, client: Client, until: float) -> str:
        """A new access token, good until then."""
        token = secrets.token_urlsafe(24)
        self._store.insert("notify_tokens", token=token, client=client.api_key, until=until)
        return token

    def bearer(self, token: str, now: float) -> Client | None:
        """Whose token this is, while it is good."""
        row = self._store.row("SELECT client FROM notify_tokens WHERE token = ? AND until > ?", token, now)
        return None if row is None else self.client(row["client"])

    def add_app_user(self, ods: str, nhs_number: str, notifications: bool) -> None:
        """A patient of a practice has the NHS App, with its notifications or without."""
        self._store.write(
            "INSERT OR REPLACE INTO notify_app_users (ods, nhs_number, notifications) VALUES (?, ?, ?)",
            ods, nhs_number, int(notifications),
        )  # fmt: skip

    def app_users(self, ods: str, limit: int, offset: int) -> list[tuple[str, bool]]:
        """The NHS numbers of a practice's app users, and whether each has notifications."""
        rows = self._store.rows(
            "SELECT * FROM notify_app_users WHERE ods = ? ORDER BY nhs_number LIMIT ? OFFSET ?", ods, limit, offset
        )
        return [(row["nhs_number"], bool(row["notifications"])) for row in rows]

    def app_user(self, nhs_number: str) -> bool | None:
        """Whether a patient has notifications in the app; None without the app."""
        row = self._store.row("SELECT max(notifications) AS n FROM notify_app_users WHERE nhs_number = ?", nhs_number)
        return None if row is None or row["n"] is None else bool(row["n"])

    def patient(self, nhs_number: str) -> sqlite3.Row | None:
        """The patient whom the national records have under this number: the newest row, whatever the practice."""
        return self._store.row("SELECT * FROM patients WHERE nhs_number = ? ORDER BY id DESC LIMIT 1", nhs_number)

    def is_new(self, client: str, kind: str, reference: str) -> bool:
        """Whether a reference was never used for this kind (`batch` or `message`); from now on it was."""
        sql = "INSERT OR IGNORE INTO notify_references (client, kind, reference) VALUES (?, ?, ?)"
        return self._store.write(sql, client, kind, reference) == 1

    def add(self, notices: Sequence[Notice]) -> None:
        """Store new messages, all of them or none."""
        names = Notice.__slots__
        marks = ", ".join("?" * len(names))
        sql = f"INSERT INTO notify_messages ({', '.join(names)}) VALUES ({marks})"  # noqa: S608 (own names)
        with self._store.transaction():
            self._store.write_many(sql, [_row(notice) for notice in notices])

    def save(self, notice: Notice) -> bool:
        """Keep how far a message has come; whether it is still known."""
        changed = self._store.write(
            "UPDATE notify_messages SET status = ?, code = ?, channels = ?, app_due = ? WHERE id = ?",
            notice.status, notice.code, json.dumps(notice.channels), notice.app_due, notice.id,
        )  # fmt: skip
        return changed == 1

    def get(self, notice_id: str) -> Notice | None:
        """One message by its id."""
        row = self._store.row("SELECT * FROM notify_messages WHERE id = ?", notice_id)
        return None if row is None else _notice(row)

    def unread_since(self, now: float) -> list[Notice]:
        """Messages whose next step is due: their time in the app is over, or that of their text has come."""
        rows = self._store.rows("SELECT * FROM notify_messages WHERE app_due > 0 AND app_due <= ? LIMIT 1000", now)
        return [_notice(row) for row in rows]

    def all(self, ods: str = "") -> list[Notice]:
        """Every message, oldest first; of one practice where an ODS code is given."""
        rows = self._store.rows("SELECT * FROM notify_messages WHERE ? IN ('', ods) ORDER BY rowid", ods)
        return [_notice(row) for row in rows]


def new_id() -> str:
    """An id as Notify makes them: 27 letters and figures."""
    return "2" + "".join(secrets.choice(_BASE62) for _ in range(26))


def _row(notice: Notice) -> tuple[object, ...]:
    values = (getattr(notice, name) for name in Notice.__slots__)
    return tuple(json.dumps(value) if isinstance(value, dict | list) else value for value in values)


def _notice(row: sqlite3.Row) -> Notice:
    return Notice(**{**dict(row), "words": json.loads(row["words"]), "channels": json.loads(row["channels"])})
