"""Messages as NHS Notify wants them (nhs-notify#messages)."""

import json
from collections.abc import Sequence
from typing import Any

from integrations.messaging.nhs_notify.app_markdown import app_body
from integrations.messaging.port import NotifyAccount, OutgoingText

_APP_ONLY = frozenset({"00000000-0000-0000-0000-000000000001"})


def message(account: NotifyAccount, text: OutgoingText) -> dict[str, Any]:
    """One text as a message: its words as Markdown for the app, and as they are for NHS Notify's own text."""
    by_app = {"body" if account.routing_plan in _APP_ONLY else "nhsapp_body": app_body(text.body)}
    by_text = {} if account.app_only or "body" in by_app else {"sms_body": text.body}
    made: dict[str, Any] = {
        "messageReference": str(text.reference),
        "recipient": {"nhsNumber": text.nhs_number},
        "personalisation": by_app | by_text,
    }
    if account.names_practice:
        made["originator"] = {"odsCode": account.ods_code}
    return made


def single(account: NotifyAccount, text: OutgoingText) -> bytes:
    """The request for one text by itself."""
    attributes = {"routingPlanId": account.routing_plan, **message(account, text)}
    return encoded({"data": {"type": "Message", "attributes": attributes}})


def batch(account: NotifyAccount, reference: str, texts: Sequence[OutgoingText]) -> bytes:
    """The request for texts that go together: those of one claim, far below the 45,000 and 5.2 MB that a call takes."""
    attributes = {
        "routingPlanId": account.routing_plan,
        "messageBatchReference": reference,
        "messages": [message(account, text) for text in texts],
    }
    return encoded({"data": {"type": "MessageBatch", "attributes": attributes}})


def encoded(value: object) -> bytes:
    """JSON in as few bytes as there can be."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
