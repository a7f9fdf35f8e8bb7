"""A stand-in for NHS Notify (nhs-notify#messages), under /notify/oauth2/token and /notify/comms/.

Clients and app users are seeded: `{"notify_clients": [{"api_key", "key_id", "public_key", "application_id",
"callback_url"}], "app_users": [{"ods", "nhs_number", "notifications": true}]}`. A text behind the app goes to
the mobile that the patient has in the books. The waiting time of a routing plan goes by the sandbox's clock.

Targets of faults: `notify.token`, `notify.batch`, `notify.message`, `notify.fetch`, `notify.accounts`, and those of
`notify_journeys`.
"""

from datetime import UTC, datetime
from typing import Any

from aiohttp import web

from integrations.sandbox.books import Books
from integrations.sandbox.notices import Client, Notice, new_id
from integrations.sandbox.notify.failures import failure_of
from integrations.sandbox.notify.journeys import JOURNEYS
from integrations.sandbox.notify.rules import (
    MEDIA,
    attributes_of,
    check_batch,
    check_message,
    error_answer,
    plan_facts,
    refuse,
)
from integrations.sandbox.notify.switches import EXAMPLES, plan_of, switched
from integrations.sandbox.notify.tokens import admit, issue
from integrations.sandbox.serving import BOOKS, Refusal, served

BASE = "/notify/comms"
PAGE_SIZE = 500
EXAMPLE_PLAN, EXAMPLE_MADE = "00000000-0000-0000-0000-000000000001", 1_767_225_600.0


def routes(books: Books) -> list[web.RouteDef]:
    """The log-in, and the calls on messages and app accounts."""
    return [
        web.post("/notify/oauth2/token", issue),
        web.post(f"{BASE}/v1/message-batches", _send_batch),
        web.post(f"{BASE}/v1/messages", _send_message),
        web.get(f"{BASE}/v1/messages/{{id}}", _fetch),
        web.get(f"{BASE}/channels/nhsapp/accounts", _accounts),
    ]


@served("notify.batch", error_answer)
async def _send_batch(request: web.Request) -> web.Response:
    """Take a batch: all of its messages, once, or none."""
    client = _admitted(request)
    attributes = await attributes_of(request, "MessageBatch")
    messages = check_batch(attributes)
    plan_of(attributes["routingPlanId"])
    books, reference = request.app[BOOKS], attributes["messageBatchReference"]
    if not books.notices.is_new(client.api_key, "batch", reference):
        raise refuse("CM_DUPLICATE_REQUEST", "/data/attributes/messageBatchReference")
    notices = [_notice(books, client, attributes["routingPlanId"], message) for message in messages]
    _set_off(request, notices)
    taken = [{"messageReference": notice.reference, "id": notice.id} for notice in notices]
    body = {"messageBatchReference": reference, "routingPlan": plan_facts(notices[0].plan), "messages": taken}
    return _answer({"data": {"type": "MessageBatch", "id": new_id(), "attributes": body}}, request, 201)


@served("notify.message", error_answer)
async def _send_message(request: web.Request) -> web.Response:
    """Take one message, once."""
    client = _admitted(request)
    attributes = await attributes_of(request, "Message")
    check_message(attributes)
    plan_of(attributes["routingPlanId"])
    books = request.app[BOOKS]
    if not books.notices.is_new(client.api_key, "message", attributes["messageReference"]):
        raise refuse("CM_DUPLICATE_REQUEST", "/data/attributes/messageReference")
    notice = _notice(books, client, attributes["routingPlanId"], attributes)
    _set_off(request, [notice])
    answer = _answer(_taken(request, notice), request, 201)
    answer.headers["Location"] = f"/v1/messages/{notice.id}"
    return answer


@served("notify.fetch", error_answer)
async def _fetch(request: web.Request) -> web.Response:
    """How far one message has come."""
    client, message_id = _admitted(request), request.match_info["id"]
    if example := EXAMPLES.get(message_id):
        return _answer(_document(request, message_id, _as_read(example, EXAMPLE_PLAN, EXAMPLE_MADE)), request)
    notice = request.app[BOOKS].notices.get(message_id)
    if notice is None or notice.client != client.api_key:
        raise refuse("CM_NOT_FOUND")
    return _answer(_resource(request, notice), request)


@served("notify.accounts", error_answer)
async def _accounts(request: web.Request) -> web.Response:
    """One page of a practice's patients who have the NHS App."""
    _admitted(request)
    ods, page = request.query.get("ods-organisation-code", ""), request.query.get("page", "1")
    if not ods or not page.isdecimal() or int(page) < 1:
        raise refuse("CM_INVALID_VALUE")
    number = int(page)
    users = request.app[BOOKS].notices.app_users(ods, PAGE_SIZE + 1, (number - 1) * PAGE_SIZE)

    def address(of: int) -> str:
        return str(request.url.with_query({"ods-organisation-code": ods, "page": str(of)}))

    has_more = len(users) > PAGE_SIZE
    accounts = [{"nhsNumber": nhs, "notificationsEnabled": on} for nhs, on in users[:PAGE_SIZE]]
    links = {"self": address(number), "last": address(number + 1 if has_more else number)}
    if has_more:
        links["next"] = address(number + 1)
    data = {"id": ods, "type": "NhsAppAccounts", "attributes": {"accounts": accounts}}
    return _answer({"data": data, "links": links}, request)


def _admitted(request: web.Request) -> Client:
    """Who asks. Raises Refusal: nobody who may, or the answer that a switch wants."""
    if (wanted := switched(request)) is not None:
        raise Refusal(wanted)
    if not {"*/*", "application/json", MEDIA} & {part.split(";")[0] for part in _accepted(request)}:
        raise refuse("CM_NOT_ACCEPTABLE")
    return admit(request)


def _accepted(request: web.Request) -> list[str]:
    return [part.strip() for part in request.headers.get("Accept", "*/*").split(",")]


def _notice(books: Books, client: Client, plan: str, message: dict[str, Any]) -> Notice:
    personalisation = {str(name): str(value) for name, value in (message.get("personalisation") or {}).items()}
    return Notice(
        id=new_id(),
        client=client.api_key,
        reference=message["messageReference"],
        plan=plan,
        nhs_number=message["recipient"]["nhsNumber"],
        ods=str((message.get("originator") or {}).get("odsCode", "")),
        words=personalisation,
        status="created",
        code="",
        channels=[],
        created=books.clock.time(),
    )


def _set_off(request: web.Request, notices: list[Notice]) -> None:
    request.app[BOOKS].notices.add(notices)
    request.app[JOURNEYS].set_off(notices)


def _taken(request: web.Request, notice: Notice) -> dict[str, Any]:
    """A message right after it was taken."""
    attributes = {
        "messageReference": notice.reference,
        "messageStatus": "created",
        "timestamps": {"created": _time(notice.created)},
        "routingPlan": plan_facts(notice.plan),
    }
    return _document(request, notice.id, attributes)


def _resource(request: web.Request, notice: Notice) -> dict[str, Any]:
    """A message as it stands now."""
    attributes: dict[str, Any] = {
        "messageReference": notice.reference,
        "messageStatus": notice.status,
        "channels": notice.channels,
    }
    attributes |= failure_of("message", notice.code)
    return _document(request, notice.id, _as_read(attributes, notice.plan, notice.created))


def _as_read(attributes: dict[str, Any], plan: str, made: float) -> dict[str, Any]:
    """What is said of a message, with the times and plans that it and each of its channels have."""
    times, of_channel = {"created": _time(made)}, {"id": plan, "version": "1", "type": "original"}
    channels = [{**channel, "timestamps": times, "routingPlan": of_channel} for channel in attributes["channels"]]
    facts = {"timestamps": times, "routingPlan": plan_facts(plan), "channels": channels}
    return {"messageReference": "example", **attributes, **facts}


def _document(request: web.Request, message_id: str, attributes: dict[str, Any]) -> dict[str, Any]:
    address = str(request.url.with_path(f"{BASE}/v1/messages/{message_id}").with_query(None))
    return {"data": {"type": "Message", "id": message_id, "attributes": attributes, "links": {"self": address}}}


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _answer(body: dict[str, Any], request: web.Request, status: int = 200) -> web.Response:
    correlation = request.headers.get("X-Correlation-Id")
    headers = {"X-Correlation-Id": correlation} if correlation else None
    return web.json_response(body, status=status, content_type=MEDIA, headers=headers)
