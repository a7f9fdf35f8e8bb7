"""The test buttons: they call the other side for real, and say in plain words what answered."""

import socket
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from integrations import gateways
from integrations.clinical.port import Capabilities, CapabilityAnswer
from integrations.models import ChannelConnection, ClinicalConnection, NotifyConnection, Routing
from integrations.sandbox.server import SandboxServer
from practices.models import AuditEvent, Practice, User
from tests.connected import connect, connect_notify, seed_slots
from tests.factories import make_practice, make_staff

pytestmark = pytest.mark.django_db
OK = "It answered, and let us in."
ABLE = "It speaks contract 1.1, finds no local codes itself, and takes description ids."


@pytest.fixture
def practice(sandbox: SandboxServer) -> Practice:
    practice = make_practice(clinical_system="systmone")
    connect(practice, sandbox)
    seed_slots(sandbox, practice)
    return practice


def button(row: ClinicalConnection | ChannelConnection | NotifyConnection) -> str:
    return reverse(f"admin:integrations_{row._meta.model_name}_test", args=[row.pk])


def press(client: Client, row: ClinicalConnection | ChannelConnection | NotifyConnection) -> list[str]:
    response = client.post(button(row), follow=True)
    assert response.status_code == 200
    return [str(message) for message in response.context["messages"]]


def change(row: Any, **fields: str) -> None:
    for name, value in fields.items():
        setattr(row, name, value)
    row.save()


def closed_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def test_all_is_well(administrator: Client, boss: User, practice: Practice) -> None:
    clinical, texts = practice.clinical_connection, practice.channel_connection
    page = administrator.get(reverse("admin:integrations_clinicalconnection_change", args=[clinical.pk]))
    assert button(clinical) in page.content.decode()
    assert press(administrator, clinical) == [f"GP Connect: {OK}", f"Record gateway: {OK} {ABLE}"]
    assert gateways.last_known(practice.id) == Capabilities(CapabilityAnswer.GIVEN, "1.1", takes_description_ids=True)
    assert press(administrator, texts) == [f"Text messages: {OK}"]
    events = AuditEvent.objects.filter(practice=practice, actor=boss).order_by("id")
    assert [(event.action, event.data) for event in events] == [
        ("connection.tested", {"kind": "clinicalconnection"}),
        ("connection.answered", {"answers": {"GP Connect": "ok", "Record gateway": "ok"}}),
        ("connection.tested", {"kind": "channelconnection"}),
        ("connection.answered", {"answers": {"Text messages": "ok"}}),
    ]


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ({"kind": "refuse", "status": 404, "code": "NO"}, "It does not say what it can do: codes without a local code"),
        ({"kind": "status", "status": 200, "body": "[]"}, "What it says of itself cannot be read: codes without"),
    ],
)
def test_a_gateway_that_says_nothing_of_itself(
    administrator: Client, practice: Practice, sandbox: SandboxServer, fault: dict[str, Any], said: str
) -> None:
    sandbox.fault("gateway.capabilities", **fault)
    _, gateway = press(administrator, practice.clinical_connection)
    assert gateway.startswith(f"Record gateway: {OK} {said}")
    assert not gateways.last_known(practice.id).maps_local_codes


def test_a_gateway_that_cannot_be_asked_is_not_well(
    administrator: Client, practice: Practice, sandbox: SandboxServer
) -> None:
    sandbox.fault("gateway.capabilities", "status", status=503)
    _, gateway = press(administrator, practice.clinical_connection)
    assert gateway.startswith("Record gateway: It is there. Asked what it can do: It did not answer")


def test_a_practice_may_have_no_gateway(administrator: Client, practice: Practice) -> None:
    change(practice.clinical_connection, gateway_url="", gateway_token="")
    assert press(administrator, practice.clinical_connection) == [
        f"GP Connect: {OK}",
        "Record gateway: None is set. Staff file all codes by hand, from lists by code and day.",
    ]


@pytest.mark.parametrize(
    ("typed", "error"),
    [
        ({"gateway_url": "", "gateway_token": ""}, ""),
        ({"gateway_url": "", "gateway_token": "a token"}, "Give the address that this token is for."),
        ({"gateway_url": "https://gateway.example.org", "gateway_token": ""}, ""),
    ],
)
def test_a_gateway_is_typed_in_whole_or_left_out(
    administrator: Client, practice: Practice, typed: dict[str, str], error: str
) -> None:
    stored = practice.clinical_connection
    names = ("practice_id", "gp_connect_url", "ssp_url", "asid_from", "asid_to")
    values = {name.removesuffix("_id"): str(getattr(stored, name)) for name in names}
    path = reverse("admin:integrations_clinicalconnection_change", args=[stored.pk])
    page = administrator.post(path, values | typed)
    assert (page.status_code == 302) is (not error), page.content.decode()
    assert error in page.content.decode()
    before, token = stored.gateway_url, stored.gateway_token
    stored.refresh_from_db()
    expected = (before, token) if error else (typed["gateway_url"], token if typed["gateway_url"] else "")
    assert (stored.gateway_url, stored.gateway_token) == expected


def test_a_new_gateway_needs_a_token(administrator: Client, practice: Practice) -> None:
    stored = practice.clinical_connection
    change(stored, gateway_url="", gateway_token="")
    names = ("practice_id", "gp_connect_url", "ssp_url", "asid_from", "asid_to")
    values = {name.removesuffix("_id"): str(getattr(stored, name)) for name in names}
    path = reverse("admin:integrations_clinicalconnection_change", args=[stored.pk])
    page = administrator.post(path, values | {"gateway_url": "https://gateway.example.org", "gateway_token": ""})
    assert "Type the secret: none is stored yet." in page.content.decode()


def test_a_log_in_is_refused(administrator: Client, practice: Practice) -> None:
    clinical, texts = practice.clinical_connection, practice.channel_connection
    change(clinical, gateway_token="not-the-token")
    change(texts, auth_token="not-the-token")
    _, gateway = press(administrator, clinical)
    assert gateway.startswith("Record gateway: It refused our log-in.")
    (result,) = press(administrator, texts)
    assert result.startswith("Text messages: It refused our log-in.")
    assert "not-the-token" not in gateway + result


def test_a_capability_is_not_enabled(administrator: Client, sandbox: SandboxServer, practice: Practice) -> None:
    sandbox.fault("gp_connect.slots", "refuse", status=403, code="ACCESS DENIED", times=None)
    sandbox.fault("gateway.health", "refuse", status=403, code="NOT_ENABLED_AT_PRACTICE", times=None)
    sandbox.fault("twilio.list", "refuse", status=403, code="20003", times=None)
    results = [*press(administrator, practice.clinical_connection), *press(administrator, practice.channel_connection)]
    assert all("It answered, and the" in result for result in results), results


@pytest.mark.parametrize("how", ["answers that it is", "nobody listens"])
def test_the_other_side_is_down(administrator: Client, sandbox: SandboxServer, practice: Practice, how: str) -> None:
    clinical, texts = practice.clinical_connection, practice.channel_connection
    if how == "nobody listens":
        nobody = f"http://127.0.0.1:{closed_port()}"
        change(clinical, gp_connect_url=nobody, gateway_url=nobody)
        change(texts, base_url=nobody)
    else:
        for target in ("gp_connect.slots", "gateway.health", "twilio.list"):
            sandbox.fault(target, "status", status=503, times=None)
    results = [*press(administrator, clinical), *press(administrator, texts)]
    assert len(results) == 3
    assert all("did not answer" in result or "says that it is down" in result for result in results), results


def test_something_else_answers(administrator: Client, sandbox: SandboxServer, practice: Practice) -> None:
    clinical = practice.clinical_connection
    sandbox.fault("gp_connect.slots", "status", status=200, body="<p>Log in</p>", times=None)
    sandbox.fault("gateway.health", "status", status=200, body="<p>Log in</p>", times=None)
    assert all("Something answered that is not it" in result for result in press(administrator, clinical))


def test_a_second_press_must_wait(administrator: Client, sandbox: SandboxServer, practice: Practice) -> None:
    texts = practice.channel_connection
    press(administrator, texts)
    assert press(administrator, texts)[-1] == "It was tested a moment ago. Wait 10 seconds, then test again."
    assert AuditEvent.objects.filter(practice=practice, action="connection.tested").count() == 1


def test_the_button_is_posted_and_for_administrators(administrator: Client, practice: Practice) -> None:
    address = button(practice.clinical_connection)
    assert administrator.get(address).status_code == 405
    staff = Client()
    staff.force_login(make_staff(practice))
    assert staff.post(address).status_code == 302
    assert not AuditEvent.objects.filter(action="connection.tested").exists()


def test_no_test_asks_about_a_patient(administrator: Client, sandbox: SandboxServer, practice: Practice) -> None:
    press(administrator, practice.clinical_connection)
    press(administrator, practice.channel_connection)
    assert not sandbox.control("books", method="GET").get("texts")


@pytest.fixture
def notify(practice: Practice, sandbox: SandboxServer) -> NotifyConnection:
    return connect_notify(sandbox, practice, step_seconds=1)


def test_nhs_notify_answers(administrator: Client, notify: NotifyConnection) -> None:
    assert press(administrator, notify) == [f"NHS Notify: {OK}"]


def test_nhs_notify_refuses_a_log_in(administrator: Client, notify: NotifyConnection) -> None:
    change(notify, key_id="another")
    [result] = press(administrator, notify)
    assert result.startswith("NHS Notify: It refused our log-in.")


def test_notify_s_keys_go_in_and_never_come_out(administrator: Client, notify: NotifyConnection) -> None:
    address = reverse("admin:integrations_notifyconnection_change", args=[notify.pk])
    page = administrator.get(address).content.decode()
    assert str(notify.id) in page  # the address for news
    assert notify.api_key not in page
    assert "PRIVATE KEY" not in page
    form = {
        "practice": str(notify.practice_id),
        "channel": "notify",
        "text_after_hours": "24",
        "app_plan": "00000000-0000-0000-0000-000000000001",
        "api_key": "",
        "private_key": "",
        "key_id": notify.key_id,
        "application_id": "app-2",
        "routing_plan": str(notify.routing_plan),
        "names_practice": "on",
        "base_url": notify.base_url,
    }
    wrong = administrator.post(address, {**form, "private_key": "-----BEGIN nothing"})
    assert "not an RSA private key" in wrong.content.decode()
    assert "BEGIN nothing" not in wrong.content.decode()
    assert administrator.post(address, form).status_code == 302
    stored = NotifyConnection.objects.get(pk=notify.pk)
    assert (stored.channel, stored.application_id) == (Routing.APP_THEN_THEIRS, "app-2")
    assert (stored.api_key, stored.private_key) == (notify.api_key, notify.private_key)
