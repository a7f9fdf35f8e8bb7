"""The test buttons: they call the other side for real, and say in plain words what answered."""

import socket
import ssl
from contextlib import ExitStack
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from integrations import connection_tests, gateways
from integrations.clinical.port import Capabilities, CapabilityAnswer
from integrations.models import ChannelConnection, ClinicalConnection, NotifyConnection, Routing
from integrations.sandbox.network.authority import Authority, Issued
from integrations.sandbox.network.egress_proxy import serve_egress_proxy
from integrations.sandbox.network.mutual_tls import demanding, serve_mutual_tls
from integrations.sandbox.server import SandboxServer
from practices.models import AuditEvent, Practice, User
from tests.connected import connect, connect_notify, seed_slots
from tests.factories import make_practice, make_staff
from tests.waiting import HELD_UP

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
    assert gateway.startswith("Record gateway: It is there. Asked what it can do: It says that it is down or busy")


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
    assert all(("nothing takes calls there" in result) == (how == "nobody listens") for result in results[:2])
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


DAY = timedelta(days=1)
OTHER = Authority("Another")


def secure(sandbox: SandboxServer, practice: Practice, url: str = "", client: Issued | None = None) -> Any:
    """Have the practice's system demand a certificate, and us trust its authority and show this one."""
    row = practice.clinical_connection
    address = row.gp_connect_url.replace(sandbox.url, url or sandbox.secure_url)
    certificate, key = (client.certificate, client.key) if client else ("", "")
    authority = sandbox.authority.certificate
    change(row, gp_connect_url=address, client_certificate=certificate, client_key=key, spine_ca=authority)
    return row


def test_both_legs_by_mutual_tls(administrator: Client, sandbox: SandboxServer, practice: Practice) -> None:
    row = secure(sandbox, practice, client=sandbox.authority.client())
    assert press(administrator, row)[0] == f"GP Connect: {OK}"
    change(row, ssp_url=f"{sandbox.secure_url}/ssp")
    assert connection_tests.clinical(practice, make_staff(practice))[0].is_ok


@pytest.mark.parametrize(
    ("case", "words"),
    [
        ("none", "It asks for a client certificate, and none is stored. Enter the one"),
        (
            "another authority's",
            "It did not accept our client certificate. Enter the one that its authority has issued",
        ),
        ("expired", "Our client certificate has expired. Ask for a new one"),
        ("unknown authority", "Its certificate is from an authority that we do not trust. Enter the certificates of"),
        ("internet's authorities", "Its certificate is from an authority that we do not trust. Enter the certificates"),
        ("server expired", "Its own certificate has expired. Tell whoever runs it"),
        ("other host", "Its certificate is for another host name than the address has. Check the host"),
        ("no TLS", "What answers there does not speak TLS. Check the port"),
        ("refused", "It did not answer: nothing takes calls there. Check the host and the port"),
        ("no host", "There is no host of this name. Check the address"),
    ],
)
@pytest.mark.parametrize("leg", ["straight", "by the proxy of the Spine"])
def test_each_trouble_with_the_way_there_has_its_words(
    sandbox: SandboxServer, practice: Practice, case: str, words: str, leg: str
) -> None:
    spine = sandbox.authority
    client = {"none": None, "another authority's": OTHER.client(), "expired": spine.client(lasts=-DAY)}
    with ExitStack() as running:
        url = {
            "no TLS": sandbox.url.replace("http:", "https:"),
            "refused": f"https://127.0.0.1:{closed_port()}",
            "no host": "https://provider.invalid",
        }.get(case, sandbox.secure_url)
        server = {"server expired": spine.server(lasts=-DAY), "other host": spine.server(["gp.example.nhs.uk"])}
        if case in server:
            inner_port = int(sandbox.url.rpartition(":")[2])
            url = running.enter_context(serve_mutual_tls(demanding(server[case], spine), inner_port))
        row = secure(sandbox, practice, url, client.get(case, spine.client()))
        if case in ("unknown authority", "internet's authorities"):
            change(row, spine_ca=OTHER.certificate if case == "unknown authority" else "")
        if leg != "straight":
            change(row, ssp_url=f"{url}/ssp")
        result, gateway = connection_tests.clinical(practice, make_staff(practice))
    assert result.words.startswith(words)
    assert ("through the Spine Secure Proxy" in result.words) == (leg != "straight")
    assert not {"log-in", "BEGIN", url} & set(result.words.split())
    assert gateway.is_ok


def test_a_time_out_has_its_words(sandbox: SandboxServer, practice: Practice, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection_tests, "LONGEST", 0.1)
    sandbox.fault("gp_connect.slots", "latency", seconds=HELD_UP, times=None)
    result, _ = connection_tests.clinical(practice, make_staff(practice))
    assert result.words.startswith("It did not answer in time. Check the address, and that a firewall")


def test_a_proxy_on_the_way_out_has_its_words(practice: Practice, settings: Settings) -> None:
    row = practice.clinical_connection
    change(row, gp_connect_url="https://provider.example.nhs.uk/x", gateway_url="https://gateway.example.nhs.uk")
    staff = make_staff(practice)
    for status, words in ((407, "did not let us through"), (503, "could not connect to it")):
        with serve_egress_proxy(status) as proxy:
            settings.EGRESS_PROXY = proxy.url
            results = connection_tests.clinical(practice, staff)
        assert proxy.targets == ["provider.example.nhs.uk:443", "gateway.example.nhs.uk:443"]
        assert all(f"The proxy by which calls leave this network {words}" in result.words for result in results)
    results = connection_tests.clinical(practice, staff)
    assert all("did not answer. Check EGRESS_PROXY" in result.words for result in results)


def test_a_system_that_only_hangs_up_may_want_a_certificate(sandbox: SandboxServer, practice: Practice) -> None:
    row = secure(sandbox, practice)
    inner = demanding(sandbox.authority.server(), sandbox.authority)
    inner.verify_mode = ssl.CERT_NONE
    with serve_mutual_tls(inner, closed_port()) as url:
        change(row, gp_connect_url=row.gp_connect_url.replace(sandbox.secure_url, url))
        [result, _] = connection_tests.clinical(practice, make_staff(practice))
        assert "None is stored: enter it with its private key." in result.words
        client = sandbox.authority.client()
        change(row, client_certificate=client.certificate, client_key=client.key)
        [result, _] = connection_tests.clinical(practice, make_staff(practice))
        assert "Check that the stored one was issued for this service." in result.words


def test_a_gateway_has_words_of_its_own(sandbox: SandboxServer, practice: Practice) -> None:
    row = secure(sandbox, practice, client=sandbox.authority.client())
    change(row, gateway_url=row.gateway_url.replace(sandbox.url, sandbox.secure_url))
    gp_connect, gateway = connection_tests.clinical(practice, make_staff(practice))
    assert gp_connect.is_ok
    assert "SSL_CERT_FILE" in gateway.words


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
