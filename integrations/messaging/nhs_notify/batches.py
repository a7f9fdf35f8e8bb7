"""Messages as NHS Notify wants them, and how many go in one call (nhs-notify#messages)."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from integrations.messaging.port import NotifyAccount, OutgoingText

MOST_MESSAGES = 45_000
MOST_BYTES = 5_200_000
# The words around the messages of a batch: ids, names and brackets. There are about 250 of them.
_FRAME_BYTES = 2_000

_APP_ONLY = frozenset({"00000000-0000-0000-0000-000000000001"})


def parts(
    account: NotifyAccount,
    texts: Sequence[OutgoingText],
    *,
    most_messages: int = MOST_MESSAGES,
    most_bytes: int = MOST_BYTES,
) -> Iterator[list[OutgoingText]]:
    """The texts in their order, in parts that each go in one call."""
    part: list[OutgoingText] = []
    size = _FRAME_BYTES
    for text in texts:
        own = len(encoded(message(account, text))) + 1
        if part and (len(part) == most_messages or size + own > most_bytes):
            yield part
            part, size = [], _FRAME_BYTES
        part.append(text)
        size += own
    if part:
        yield part


def message(account: NotifyAccount, text: OutgoingText) -> dict[str, Any]:
    """One text as a message."""
    words = {"body": text.body} if account.routing_plan in _APP_ONLY else {"nhsapp_body": text.body}
    by_text = {} if account.app_only or "body" in words else {"sms_body": text.body}
    made: dict[str, Any] = {
        "messageReference": str(text.reference),
        "recipient": {"nhsNumber": text.nhs_number},
        "personalisation": words | by_text,
    }
    if account.names_practice:
        made["originator"] = {"odsCode": account.ods_code}
    return made


def single(account: NotifyAccount, text: OutgoingText) -> bytes:
    """The request for one text by itself."""
    attributes = {"routingPlanId": account.routing_plan, **message(account, text)}
    return encoded({"data": {"type": "Message", "attributes": attributes}})


def batch(account: NotifyAccount, reference: str, texts: Sequence[OutgoingText]) -> bytes:
    """The request for texts that go together."""
    attributes = {
        "routingPlanId": account.routing_plan,
        "messageBatchReference": reference,
        "messages": [message(account, text) for text in texts],
    }
    return encoded({"data": {"type": "MessageBatch", "attributes": attributes}})


def encoded(value: object) -> bytes:
    """JSON in as few bytes as there can be."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
