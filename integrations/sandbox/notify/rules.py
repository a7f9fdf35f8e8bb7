"""What the stand-in for NHS Notify refuses, and in which words (nhs-notify#messages, nhs-notify#errors)."""

import json
import re
from collections.abc import Iterator, Set
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from aiohttp import web
from stdnum.gb import nhs

from integrations.sandbox.serving import Refusal

MEDIA = "application/vnd.api+json"
MOST_MESSAGES = 45_000
MOST_BYTES = 5_200_000
MOST_ERRORS = 100
_PREFIX = "/data/attributes"
_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")

_STATUSES = {
    "CM_DENIED": 401,
    "CM_FORBIDDEN": 403,
    "CM_SERVICE_BAN": 403,
    "CM_NO_SUCH_ROUTING_PLAN": 404,
    "CM_NOT_FOUND": 404,
    "CM_NOT_ACCEPTABLE": 406,
    "CM_TIMEOUT": 408,
    "CM_TOO_LARGE": 413,
    "CM_TOO_MANY_ITEMS": 413,
    "CM_UNSUPPORTED_MEDIA": 415,
    "CM_DUPLICATE_REQUEST": 422,
    "CM_RETRY_TOO_EARLY": 425,
    "CM_QUOTA": 429,
    "CM_INTERNAL_SERVER_ERROR": 500,
    "CM_MISSING_ROUTING_PLAN_TEMPLATE": 500,
    "CM_ROUTING_PLAN_DUPLICATE_TEMPLATES": 500,
    "CM_BAD_GATEWAY": 502,
    "CM_SERVICE_UNAVAILABLE": 503,
}
_CODE_OF_STATUS = {status: code for code, status in reversed(_STATUSES.items())} | {504: "CM_TIMEOUT"}
_WAITS = {HTTPStatus.TOO_EARLY: "300", HTTPStatus.TOO_MANY_REQUESTS: "5"}


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong with a request: Notify's code, and where."""

    code: str
    pointer: str = ""


def error_answer(status: int | None, code: str | None) -> web.Response:
    """Notify's error answer; a missing status or code follows from the other."""
    code = code or _CODE_OF_STATUS.get(status or 500, "CM_INTERNAL_SERVER_ERROR" if (status or 500) >= 500 else "")
    return faults_answer([Fault(code or "CM_INVALID_VALUE")], status)


def faults_answer(faults: list[Fault], status: int | None = None) -> web.Response:
    """An answer with these faults, the first of which gives the status."""
    status = status or _STATUSES.get(faults[0].code, 400)
    errors = [
        {
            "id": f"rrt-{number}",
            "code": fault.code,
            "links": {"about": "https://digital.nhs.uk/developer/api-catalogue/nhs-notify"},
            "status": str(status),
            "title": fault.code.removeprefix("CM_").replace("_", " ").capitalize(),
            "detail": "The request could not be carried out.",
            **({"source": {"pointer": fault.pointer}} if fault.pointer else {}),
        }
        for number, fault in enumerate(faults[:MOST_ERRORS])
    ]
    headers = {"Retry-After": _WAITS[HTTPStatus(status)]} if status in _WAITS else None
    return web.json_response({"errors": errors}, status=status, content_type=MEDIA, headers=headers)


def refuse(code: str, pointer: str = "") -> Refusal:
    """The Refusal, to be raised, of one fault at this JSON pointer; empty points nowhere."""
    return Refusal(faults_answer([Fault(code, pointer)]))


async def attributes_of(request: web.Request, kind: str) -> dict[str, Any]:
    """The attributes of a posted document of this type. Raises Refusal."""
    if request.content_type not in (MEDIA, "application/json") or (request.charset or "utf-8").lower() != "utf-8":
        raise refuse("CM_UNSUPPORTED_MEDIA")
    content = await request.read()
    if len(content) > MOST_BYTES:
        raise refuse("CM_TOO_LARGE")
    try:
        data = json.loads(content)["data"]
        document_type, attributes = data["type"], data["attributes"]
    except (ValueError, KeyError, TypeError):
        raise refuse("CM_MISSING_VALUE", "/data") from None
    if attributes is None:
        raise refuse("CM_NULL_VALUE", "/data/attributes")
    if document_type != kind or not isinstance(attributes, dict):
        raise refuse("CM_INVALID_VALUE", "/data/type")
    return attributes


def plan_facts(plan: str) -> dict[str, str]:
    """What an answer or news says of a routing plan."""
    return {"id": plan, "name": "Plan", "version": "1", "createdDate": "2026-01-01T00:00:00.000Z"}


def check_batch(attributes: dict[str, Any]) -> list[dict[str, Any]]:
    """The messages of a batch. One that is wrong has the whole batch refused. Raises Refusal."""
    messages = attributes.get("messages")
    faults = [*_wrong_plan(attributes), *_absent(attributes, ("messageBatchReference",), _PREFIX)]
    if not isinstance(messages, list) or not messages:
        faults.append(Fault("CM_TOO_FEW_ITEMS", f"{_PREFIX}/messages"))
        raise Refusal(faults_answer(faults))
    if len(messages) > MOST_MESSAGES:
        raise refuse("CM_TOO_MANY_ITEMS", f"{_PREFIX}/messages")
    seen: set[str] = set()
    for number, message in enumerate(messages):
        where = f"{_PREFIX}/messages/{number}"
        faults += _wrong(message, where)
        reference = str(message.get("messageReference")) if isinstance(message, dict) else str(number)
        if reference in seen:
            faults.append(Fault("CM_DUPLICATE_VALUE", f"{where}/messageReference"))
        seen.add(reference)
    if faults:
        raise Refusal(faults_answer(faults))
    return messages


def check_message(attributes: dict[str, Any]) -> None:
    """One message by itself. Raises Refusal."""
    faults = [*_wrong_plan(attributes), *_wrong(attributes, _PREFIX, frozenset({"routingPlanId"}))]
    if faults:
        raise Refusal(faults_answer(faults))


_MEMBERS = frozenset({"messageReference", "billingReference", "recipient", "originator", "personalisation"})


def _wrong(message: Any, where: str, more: frozenset[str] = frozenset()) -> Iterator[Fault]:
    """What is wrong with one message; `more` are the members that it may have besides its own."""
    if not isinstance(message, dict):
        yield Fault("CM_INVALID_VALUE", where)
        return
    yield from _absent(message, ("messageReference",), where)
    yield from _unknown(message, _MEMBERS | more, where)
    if not isinstance(message.get("billingReference", ""), str):
        yield Fault("CM_INVALID_VALUE", f"{where}/billingReference")
    for name in ("originator", "personalisation"):
        if not isinstance(message.get(name, {}), dict):
            yield Fault("CM_INVALID_VALUE", f"{where}/{name}")
    originator = message.get("originator")
    if isinstance(originator, dict):
        yield from _unknown(originator, {"odsCode"}, f"{where}/originator")
        if not isinstance(ods := originator.get("odsCode", "X26"), str) or not ods:
            yield Fault("CM_INVALID_VALUE", f"{where}/originator/odsCode")
    yield from _wrong_recipient(message.get("recipient"), f"{where}/recipient")


def _wrong_recipient(recipient: Any, where: str) -> Iterator[Fault]:
    if not isinstance(recipient, dict):
        yield Fault("CM_MISSING_VALUE" if recipient is None else "CM_INVALID_VALUE", where)
        return
    number = recipient.get("nhsNumber")
    if number is None:
        yield Fault("CM_MISSING_VALUE", f"{where}/nhsNumber")
    elif not isinstance(number, str) or len(number) != 10 or not nhs.is_valid(number):
        yield Fault("CM_INVALID_NHS_NUMBER", f"{where}/nhsNumber")
    if "contactDetails" in recipient:
        yield Fault("CM_CANNOT_SET_CONTACT_DETAILS", f"{where}/contactDetails")
    yield from _unknown(recipient, {"nhsNumber", "contactDetails"}, where)


def _unknown(holder: dict[str, Any], known: Set[str], where: str) -> Iterator[Fault]:
    for name in holder.keys() - known:
        yield Fault("CM_INVALID_VALUE", f"{where}/{name}")


def _wrong_plan(attributes: dict[str, Any]) -> Iterator[Fault]:
    """A routing plan is a UUID, whether there is one of that id or not."""
    yield from _absent(attributes, ("routingPlanId",), _PREFIX)
    plan = attributes.get("routingPlanId")
    if plan and (not isinstance(plan, str) or not _UUID.fullmatch(plan)):
        yield Fault("CM_INVALID_VALUE", f"{_PREFIX}/routingPlanId")


def _absent(holder: dict[str, Any], names: tuple[str, ...], where: str) -> Iterator[Fault]:
    for name in names:
        value = holder.get(name)
        if value is None:
            yield Fault("CM_NULL_VALUE" if name in holder else "CM_MISSING_VALUE", f"{where}/{name}")
        elif not isinstance(value, str) or not value:
            yield Fault("CM_INVALID_VALUE", f"{where}/{name}")
