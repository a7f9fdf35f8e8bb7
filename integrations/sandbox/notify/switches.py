"""The switches by which NHS Notify's own sandbox answers this or that (nhs-notify#sandbox), and its routing plans."""

from dataclasses import dataclass
from typing import Any

from aiohttp import web

from integrations.sandbox.notify.failures import NOT_READ, failure_of
from integrations.sandbox.notify.rules import error_answer, refuse

_PREFER = {
    "401": "CM_DENIED",
    "403": "CM_FORBIDDEN",
    "403.1": "CM_SERVICE_BAN",
    "404": "CM_NO_SUCH_ROUTING_PLAN",
    "408": "CM_TIMEOUT",
    "425": "CM_RETRY_TOO_EARLY",
    "429": "CM_QUOTA",
    "500": "CM_INTERNAL_SERVER_ERROR",
}
_PREFER_DUPLICATE = {"422_batch": "messageBatchReference", "422_message": "messageReference"}
_AUTHORIZATION = {
    "banned": ("CM_SERVICE_BAN", ""),
    "noDefaultOds": ("CM_ODS_CODE_REQUIRED", "/data/attributes/originator/odsCode"),
    "noOdsChange": ("CM_CANNOT_SET_ODS_CODE", "/data/attributes/originator/odsCode"),
    "notAllowedContactDetailOverride": (
        "CM_CANNOT_SET_CONTACT_DETAILS",
        "/data/attributes/recipient/contactDetails",
    ),
}
_ERROR_PLANS = {
    "4ead415a-c033-4b39-9b05-326ac237a3be": "CM_INVALID_VALUE",
    "3bb82e6a-9873-4683-b2b9-fdf33c9ba86f": "CM_INTERNAL_SERVER_ERROR",
    "d895ade5-0029-4fc3-9fb5-86e1e5370854": "CM_RETRY_TOO_EARLY",
    "c8857ccf-06ec-483f-9b3a-7fc732d9ad48": "CM_MISSING_ROUTING_PLAN_TEMPLATE",
    "a3a4e55d-7a21-45a6-9286-8eb595c872a8": "CM_ROUTING_PLAN_DUPLICATE_TEMPLATES",
    "aeb16ab8-cb9c-4d23-92e9-87c78119175c": "CM_MISSING_ROUTING_PLAN_TEMPLATE",
}
_HOUR = 3600.0


@dataclass(frozen=True, slots=True)
class Plan:
    """What a routing plan does: which channels, which words it needs, and how long the app may go unread."""

    channels: tuple[str, ...]
    words: tuple[str, ...]
    app_seconds: float = 24 * _HOUR


_APP_THEN_TEXT = ("nhsapp", "sms")
_BOTH = ("nhsapp_body", "sms_body")
_GLOBAL = "00000000-0000-0000-0000-0000000000"
# The last two are the live service's: its sandbox does not know them, and this stand-in has to show what they do.
PLANS = {
    f"{_GLOBAL}01": Plan(("nhsapp",), ("body",)),
    f"{_GLOBAL}03": Plan(("sms",), ("sms_body",)),
    f"{_GLOBAL}06": Plan(_APP_THEN_TEXT, _BOTH),
    f"{_GLOBAL}07": Plan(_APP_THEN_TEXT, _BOTH, 4 * _HOUR),
    "b838b13c-f98c-4def-93f0-515d4e4f4ee1": Plan(("nhsapp",), ("body",)),
    "49e43b98-70cb-47a9-a55e-fe70c9a6f77c": Plan(("nhsapp",), ("body",)),
    "b402cd20-b62a-4357-8e02-2952959531c8": Plan(("sms",), ("sms_body",)),
    "936e9d45-15de-4a95-bb36-ae163c33ae53": Plan(_APP_THEN_TEXT, _BOTH, 4 * _HOUR),
    "9ba00d23-cd6f-4aca-8688-00abc85a7980": Plan(_APP_THEN_TEXT, _BOTH),
}


def switched(request: web.Request) -> web.Response | None:
    """The answer that the caller asked for with a header; None when it asked for none."""
    wanted = request.headers.get("Prefer", "").removeprefix("code=")
    if code := _PREFER.get(wanted):
        return error_answer(None, code)
    if wanted == "504":
        return error_answer(504, "CM_TIMEOUT")
    if name := _PREFER_DUPLICATE.get(wanted):
        return refuse("CM_DUPLICATE_REQUEST", f"/data/attributes/{name}").response
    if switch := _AUTHORIZATION.get(request.headers.get("Authorization", "").removeprefix("Bearer ")):
        return refuse(*switch).response
    return None


def plan_of(routing_plan_id: str) -> Plan:
    """A routing plan. Raises Refusal: there is none of that id, or it is one that stands for an error."""
    if code := _ERROR_PLANS.get(routing_plan_id):
        raise refuse(code)
    if routing_plan_id not in PLANS:
        raise refuse("CM_NO_SUCH_ROUTING_PLAN", "/data/attributes/routingPlanId")
    return PLANS[routing_plan_id]


def _channel(kind: str, order: int, status: str, cascade: str = "primary", code: str = "") -> dict[str, Any]:
    failure = failure_of("channel", code)
    return {"type": kind, "cascadeType": cascade, "cascadeOrder": order, "channelStatus": status, **failure}


EXAMPLES: dict[str, dict[str, Any]] = {
    "2WL3qFTEFM0qMY8xjRbt1LIKCzM": {"messageStatus": "delivered", "channels": [_channel("nhsapp", 1, "delivered")]},
    "2WL3ydEEk37IzREoWRhuAdolFCE": {"messageStatus": "delivered", "channels": [_channel("sms", 1, "delivered")]},
    "2WL44QP7vrKxKKBZdTtUQoB2bWl": {"messageStatus": "sending", "channels": [_channel("nhsapp", 1, "sending")]},
    "2WL4JtCiOe7l2TT4szwPjNJah3z": {
        "messageStatus": "failed",
        **failure_of("message", "MFR_SUPE_0007"),
        "channels": [_channel("sms", 1, "failed", code="CFR_SUPE_0007")],
    },
    "2WL50w41YaZXcyFCNT346LY8rlz": {
        "messageStatus": "failed",
        **failure_of("message", "MFR_PDSV_0002"),
        "channels": [_channel("sms", 1, "failed", code="CFR_PDSV_0002")],
    },
    "2WL4ibGoigirgbH4yQwqbPaJXyQ": {
        "messageStatus": "failed",
        **failure_of("message", "MFR_PDSV_0112"),
        "channels": [],
    },
    "2WL4khXn32dOOj4bB4bi8Tkllrq": {
        "messageStatus": "failed",
        **failure_of("message", "MFR_PDSV_0111"),
        "channels": [],
    },
    "2WL4mvx6eBva8dcIK60VEGIfcgZ": {
        "messageStatus": "failed",
        **failure_of("message", "MFR_PDSV_0110"),
        "channels": [],
    },
    "2WL4cPfBRuPKa44JxhyXYf2kr1E": {
        "messageStatus": "failed",
        **failure_of("message", "MFR_PDSV_0008"),
        "channels": [],
    },
    "2WL5TWl7F7PondWbZ1vctlEtOZ3": {
        "messageStatus": "delivered",
        "channels": [
            _channel("nhsapp", 1, "delivered"),
            _channel("email", 2, "skipped"),
            _channel("sms", 3, "skipped"),
            _channel("letter", 4, "skipped"),
        ],
    },
    "2WL5eYSWGzCHlGmzNxuqVusPxDg": {
        "messageStatus": "delivered",
        "channels": [
            _channel("nhsapp", 1, "failed", code="CFR_SUPE_0001"),
            _channel("email", 2, "failed", code="CFR_PDSV_0002"),
            _channel("sms", 3, "delivered"),
        ],
    },
    "2n7C5wdJ9JSOSeCJTyd50GvtZeR": {
        "messageStatus": "delivered",
        "channels": [_channel("nhsapp", 1, "failed", code=NOT_READ), _channel("sms", 1, "delivered", "secondary")],
    },
}
"""Messages that can always be read: each is one way in which a message may end."""
