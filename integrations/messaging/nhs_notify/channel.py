"""Messages by NHS Notify: into the NHS App, and by its own text where the routing plan has one (nhs-notify#messages).

Notify takes a reference once only. So nothing here is sent twice, as long as what is in doubt is posted again under the
reference that it had: a text by itself under its own, texts that go together under that of their batch. A refusal that
comes after an answer was lost says nothing of the first try, and leaves the outcome UNKNOWN.
"""

import logging
import queue
import re
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from itertools import groupby
from typing import Any
from uuid import UUID

from django.utils import timezone
from stdnum.gb import nhs

from integrations.messaging.line import NOT_POSTED, send_all
from integrations.messaging.nhs_notify import batches as notify_batches
from integrations.messaging.nhs_notify.client import NotifyClient, NotifyRefused, Unanswered, Unusable
from integrations.messaging.nhs_notify.errors import (
    BAD_NHS_NUMBER,
    DUPLICATE,
    NO_ANSWER,
    NOT_REACHED,
    NOT_SET_UP,
    failure_code,
    failure_reason,
    meaning_of,
)
from integrations.messaging.nhs_notify.status import status_of
from integrations.messaging.port import (
    Accepted,
    DeliveryStatus,
    FailureKind,
    Line,
    ListedText,
    LookUpFailed,
    Meaning,
    NotAccepted,
    NotifyAccount,
    Outcome,
    OutgoingText,
    ProviderRecord,
)

logger = logging.getLogger(__name__)

TRIES = 5
PAUSE_SECONDS = 0.2
MOST_PAGES = 1_000

_IN_DOUBT = Meaning(FailureKind.UNKNOWN, NO_ANSWER)
_UNREACHED = Meaning(FailureKind.RETRY, NOT_REACHED)
_UNUSABLE = Meaning(FailureKind.CONFIGURATION, NOT_SET_UP)
_LATE = Meaning(FailureKind.NOT_POSTED, NOT_POSTED)
_NO_NHS_NUMBER = Meaning(FailureKind.PERMANENT, BAD_NHS_NUMBER)
_POINTER = re.compile(r"/data/attributes/messages/(\d{1,6})(?:/|$)")


class NotifyChannel:
    """One practice's account with NHS Notify, as a MessageChannel."""

    def __init__(self, account: NotifyAccount) -> None:
        """A channel for the texts of this account; nothing is connected yet."""
        self._account = account

    @contextmanager
    def open(self) -> Iterator[Line]:
        """A line that posts texts of one `together` in one call, and the others one by one."""
        client = NotifyClient(self._account)
        line = _NotifyLine(lambda texts: _post(client, self._account, texts))
        try:
            yield line
        finally:
            line.close()
            client.close()

    def send(self, texts: Sequence[OutgoingText]) -> list[Outcome]:
        """Post every text and say what became of each, in the same order. Raises nothing."""
        return send_all(self, texts)

    def look_up(self, to: str, since: datetime) -> list[ProviderRecord]:
        """Raises LookUpFailed: Notify cannot be asked by number. What is in doubt is posted again instead."""
        raise LookUpFailed("not offered")

    def fetch(self, provider_id: str) -> ProviderRecord:
        """What Notify holds about one message. Raises LookUpFailed."""
        with self._asking() as client:
            attributes = client.get(f"/v1/messages/{provider_id}")["data"]["attributes"]
            status = status_of(str(attributes["messageStatus"])) or DeliveryStatus.ACCEPTED
            code, words = (
                str(attributes.get(f"message{part}") or "") for part in ("FailureReasonCode", "StatusDescription")
            )
            code = failure_code(code, words) if status is DeliveryStatus.FAILED else code
            return ProviderRecord(
                provider_id=provider_id,
                status=status,
                created=datetime.fromisoformat(attributes["timestamps"]["created"]),
                body="",
                code=code,
                reason=failure_reason(code) if status is DeliveryStatus.FAILED else "",
            )

    def history(self, since: datetime) -> list[ListedText]:
        """Raises LookUpFailed: Notify has no list that can be read."""
        raise LookUpFailed("not offered")

    def app_users(self) -> Iterator[tuple[str, bool]]:
        """The NHS numbers of the practice's patients with the NHS App, and whether it may notify each.

        Notify makes this list once a day, and only patients who proved who they are are in it. Raises LookUpFailed.
        """
        with self._asking() as client:
            for page in range(1, MOST_PAGES + 1):
                query = {"ods-organisation-code": self._account.ods_code, "page": str(page)}
                answer = client.get("/channels/nhsapp/accounts", query)
                for account in answer["data"]["attributes"]["accounts"]:
                    yield str(account["nhsNumber"]), bool(account["notificationsEnabled"])
                if "next" not in answer.get("links", {}):
                    return

    @contextmanager
    def _asking(self) -> Iterator[NotifyClient]:
        """A client to read with. Raises LookUpFailed, without what was asked."""
        client = NotifyClient(self._account)
        try:
            yield client
        except (NotifyRefused, Unanswered, Unusable, KeyError, TypeError, ValueError, AttributeError) as error:
            raise LookUpFailed(type(error).__name__) from None
        finally:
            client.close()


class _NotifyLine:
    """A Line over a thread of its own: calls are few and large, so one at a time is enough."""

    def __init__(self, post: Callable[[list[OutgoingText]], list[Outcome]]) -> None:
        self._post = post
        self._groups: queue.SimpleQueue[list[OutgoingText] | None] = queue.SimpleQueue()
        self._news = threading.Condition()
        self._open: set[UUID] = set()
        self._known: list[Outcome] = []
        self._recalled = False
        self._thread = threading.Thread(target=self._work, name="notify", daemon=True)
        self._thread.start()

    def post(self, texts: Sequence[OutgoingText]) -> None:
        """Hand the texts to the thread, one group for each call; see `Line.post`."""
        with self._news:
            self._open.update(text.reference for text in texts)
        for group in _groups(texts):
            self._groups.put(group)

    def outcomes(self, at_least: int, within: float) -> list[Outcome]:
        """See `Line.outcomes`. All of one call's become known together."""
        with self._news:
            self._news.wait_for(lambda: len(self._known) >= at_least or not self._open, within)
            known, self._known = self._known, []
            return known

    def recall(self) -> None:
        """See `Line.recall`. A call that is under way goes on."""
        self._recalled = True

    def close(self) -> None:
        """Post no more, and let the call that is under way come to its end."""
        self.recall()
        self._groups.put(None)
        self._thread.join()

    def _work(self) -> None:
        while (group := self._groups.get()) is not None:
            try:
                outcomes = _all(group, _LATE) if self._recalled else self._post(group)
            except Exception as error:
                logger.error("posting broke off", extra={"error": type(error).__name__})
                outcomes = _all(group, _IN_DOUBT)
            with self._news:
                self._known += outcomes
                self._open.difference_update(outcome.reference for outcome in outcomes)
                self._news.notify()


def _groups(texts: Sequence[OutgoingText]) -> Iterator[list[OutgoingText]]:
    """Texts of one `together` as one group, and every other text as a group of its own."""
    alone = [text for text in texts if text.together is None]
    paired = sorted((text for text in texts if text.together is not None), key=lambda text: str(text.together))
    yield from ([text] for text in alone)
    for _, group in groupby(paired, key=lambda text: text.together):
        yield list(group)


def _post(client: NotifyClient, account: NotifyAccount, texts: list[OutgoingText]) -> list[Outcome]:
    """Post one group, again where that may help, and say what became of each text. Raises nothing that is expected."""
    valid = [text for text in texts if nhs.is_valid(text.nhs_number)]
    invalid = [text for text in texts if not nhs.is_valid(text.nhs_number)]
    outcomes = _all(invalid, _NO_NHS_NUMBER, "CM_INVALID_NHS_NUMBER")
    in_doubt = False
    for tried in range(TRIES):
        if not valid:
            break
        if any(text.not_after is not None and timezone.now() > text.not_after for text in valid):
            return outcomes + _all(valid, _IN_DOUBT if in_doubt else _LATE)
        try:
            return outcomes + _taken(valid, _call(client, account, valid))
        except NotifyRefused as refused:
            if refused.code == DUPLICATE:
                return outcomes + _taken(valid, {})
            own = _own_faults(refused, valid)
            if own and not in_doubt:
                outcomes += [_not_taken(text, meaning_of(400, code), code) for text, code in own]
                bad = {text.reference for text, _ in own}
                valid = [text for text in valid if text.reference not in bad]
                continue
            meaning = meaning_of(refused.status, refused.code)
            if meaning.kind is not FailureKind.UNKNOWN or refused.retry_after is not None:
                meaning = _IN_DOUBT if in_doubt else meaning
                return outcomes + _all(valid, meaning, refused.code, refused.retry_after)
            in_doubt = True
        except Unanswered as error:
            in_doubt = in_doubt or error.was_sent
        except Unusable:
            return outcomes + _all(valid, _UNUSABLE)
        time.sleep(PAUSE_SECONDS * 2**tried)
    return outcomes + _all(valid, _IN_DOUBT if in_doubt else _UNREACHED)


def _call(client: NotifyClient, account: NotifyAccount, texts: list[OutgoingText]) -> dict[str, str]:
    """Make the call for one group; the ids that Notify gave, by reference.

    Raises NotifyRefused, Unanswered, Unusable.
    """
    together = texts[0].together
    if together is None:
        answer = client.post("/v1/messages", notify_batches.single(account, texts[0]))
        return _ids([{"messageReference": str(texts[0].reference), **_data(answer)}])
    answer = client.post("/v1/message-batches", notify_batches.batch(account, str(together), texts))
    return _ids(_data(answer).get("attributes", {}).get("messages", []))


def _data(answer: dict[str, Any]) -> dict[str, Any]:
    data = answer.get("data")
    return data if isinstance(data, dict) else {}


def _ids(messages: object) -> dict[str, str]:
    """Ids by reference. One that is missing is no matter: the call was taken, and news will bring it."""
    items = messages if isinstance(messages, list) else []
    return {
        str(item["messageReference"]): item["id"]
        for item in items
        if isinstance(item, dict) and "messageReference" in item and isinstance(item.get("id"), str)
    }


def _taken(texts: list[OutgoingText], ids: dict[str, str]) -> list[Outcome]:
    return [Accepted(text.reference, ids.get(str(text.reference), ""), DeliveryStatus.ACCEPTED) for text in texts]


def _own_faults(refused: NotifyRefused, texts: list[OutgoingText]) -> list[tuple[OutgoingText, str]]:
    """The texts for whose sake a batch was refused; none where the fault is not of single texts."""
    own: dict[int, str] = {}
    for fault in refused.faults:
        named = _POINTER.match(fault.pointer)
        if refused.status != 400 or named is None or meaning_of(400, fault.code).kind is not FailureKind.PERMANENT:
            return []
        own.setdefault(int(named[1]), fault.code)
    return [(texts[number], code) for number, code in own.items() if number < len(texts)]


def _not_taken(text: OutgoingText, meaning: Meaning, code: str = "", retry_after: float | None = None) -> Outcome:
    return NotAccepted(text.reference, meaning.kind, code, meaning.reason, retry_after)


def _all(
    texts: list[OutgoingText], meaning: Meaning, code: str = "", retry_after: float | None = None
) -> list[Outcome]:
    return [_not_taken(text, meaning, code, retry_after) for text in texts]
