"""The texts that the stand-in for Twilio took, and who has texted STOP."""

import sqlite3
from dataclasses import dataclass

from integrations.sandbox.store import Store


@dataclass(frozen=True, slots=True)
class Text:
    """One text as Twilio keeps it. Times are seconds since 1970, by the sandbox's clock."""

    sid: str
    account: str
    recipient: str
    sender: str
    service: str
    body: str
    segments: int
    status: str
    error_code: int | None
    error_message: str
    callback: str
    created: float
    updated: float


@dataclass(frozen=True, slots=True)
class ReceivedText:
    """One text that a phone sent to an account's number."""

    sid: str
    account: str
    recipient: str
    sender: str
    service: str
    body: str
    created: float


@dataclass(frozen=True, slots=True)
class Account:
    """One account with the stand-in for Twilio. `step_seconds` is how long a text stays in each status on its way.

    With a `signing_key`, the secret of a SharedKey, its posts are signed by that and not by the token, in the way
    `signing` (twilio#signatures).
    """

    sid: str
    token: str
    step_seconds: float = 0.3
    signing_key: str = ""
    signing: str = "HMAC_SHA256"


class Texts:
    """The accounts, and the texts by id, by recipient and by time."""

    def __init__(self, store: Store) -> None:
        """Keep them in this store."""
        self._store = store

    def add_account(self, account: Account) -> None:
        """Open an account, or change an open one."""
        self._store.write(
            "INSERT OR REPLACE INTO accounts (sid, token, step_seconds) VALUES (?, ?, ?)",
            account.sid, account.token, account.step_seconds,
        )  # fmt: skip
        self._store.write(
            "INSERT OR REPLACE INTO signing_keys (account, signing_key, signing) VALUES (?, ?, ?)",
            account.sid, account.signing_key, account.signing,
        )  # fmt: skip

    def account(self, sid: str) -> Account | None:
        """One account by its id."""
        row = self._store.row("SELECT * FROM accounts WHERE sid = ?", sid)
        keys = self._store.row("SELECT signing_key, signing FROM signing_keys WHERE account = ?", sid)
        return None if row is None else Account(**{**dict(row), **(dict(keys) if keys else {})})

    def send_incoming_to(self, account: str, url: str) -> None:
        """Post what phones send to this account's numbers to this address, or nowhere if it is empty."""
        self._store.write("INSERT OR REPLACE INTO incoming (account, url) VALUES (?, ?)", account, url)

    def incoming_url(self, account: str) -> str:
        """Where an account wants what phones send to its numbers."""
        row = self._store.row("SELECT url FROM incoming WHERE account = ?", account)
        return "" if row is None else str(row["url"])

    def add(self, text: Text) -> None:
        """Store a text that was posted, under its own sid."""
        self._store.insert("texts", **{name: getattr(text, name) for name in Text.__slots__})

    def get(self, sid: str) -> Text | None:
        """One text by its id."""
        row = self._store.row("SELECT * FROM texts WHERE sid = ?", sid)
        return None if row is None else _text(row)

    def set_status(self, sid: str, status: str, at: float, error_code: int | None = None, message: str = "") -> None:
        """Move a text to another status."""
        self._store.write(
            "UPDATE texts SET status = ?, error_code = ?, error_message = ?, updated = ? WHERE sid = ?",
            status, error_code, message, at, sid,
        )  # fmt: skip

    def redact(self, sid: str, at: float) -> None:
        """Forget what a text said."""
        self._store.write("UPDATE texts SET body = '', updated = ? WHERE sid = ?", at, sid)

    def on_their_way(self) -> list[Text]:
        """Texts that have not come to their last status, oldest first."""
        rows = self._store.rows(
            "SELECT * FROM texts WHERE status IN ('accepted', 'queued', 'sending', 'sent') ORDER BY rowid"
        )
        return [_text(row) for row in rows]

    def find(
        self,
        *,
        account: str = "",
        recipient: str = "",
        sender: str = "",
        since: float = 0.0,
        before: float = 1e12,
        limit: int = 1000,
        offset: int = 0,
    ) -> list[Text]:
        """Texts that fit every filter given, newest first; `since` is included, `before` is not."""
        rows = self._store.rows(
            "SELECT * FROM texts WHERE (? = '' OR account = ?) AND (? = '' OR recipient = ?)"
            " AND (? = '' OR sender = ?) AND created >= ? AND created < ?"
            " ORDER BY created DESC, rowid DESC LIMIT ? OFFSET ?",
            account, account, recipient, recipient, sender, sender, since, before, limit, offset,
        )  # fmt: skip
        return [_text(row) for row in rows]

    def receive(self, text: ReceivedText) -> None:
        """Store a text that a phone sent."""
        self._store.insert("received", **{name: getattr(text, name) for name in ReceivedText.__slots__})

    def received(
        self, *, account: str, recipient: str = "", sender: str = "", since: float = 0.0, before: float = 1e12
    ) -> list[ReceivedText]:
        """What phones sent to an account's numbers, newest first; the filters are those of `find`."""
        rows = self._store.rows(
            "SELECT * FROM received WHERE account = ? AND (? = '' OR recipient = ?) AND (? = '' OR sender = ?)"
            " AND created >= ? AND created < ? ORDER BY created DESC, rowid DESC",
            account, recipient, recipient, sender, sender, since, before,
        )  # fmt: skip
        return [ReceivedText(**dict(row)) for row in rows]

    def newest_by_recipient(self, limit: int = 1000, containing: str = "") -> list[Text]:
        """The newest text of every number, newest first; only numbers with these digits in them, if any are given."""
        rows = self._store.rows(
            "SELECT * FROM texts WHERE rowid IN"
            " (SELECT max(rowid) FROM texts WHERE instr(recipient, ?) > 0 OR ? = '' GROUP BY recipient)"
            " ORDER BY created DESC, rowid DESC LIMIT ?",
            containing, containing, limit,
        )  # fmt: skip
        return [_text(row) for row in rows]

    def stop(self, number: str) -> None:
        """Note that this number texted STOP: Twilio then refuses texts to it."""
        self._store.write("INSERT OR IGNORE INTO stopped (number) VALUES (?)", number)

    def restart(self, number: str) -> None:
        """Note that this number texted START: texts reach it again."""
        self._store.write("DELETE FROM stopped WHERE number = ?", number)

    def is_stopped(self, number: str) -> bool:
        """Whether this number texted STOP and not START since."""
        return self._store.row("SELECT 1 FROM stopped WHERE number = ?", number) is not None


def _text(row: sqlite3.Row) -> Text:
    return Text(**dict(row))
