"""Connections that lead inside the network: nothing is called, and administrators read why."""

from dataclasses import replace

import pytest
from django.core.exceptions import ValidationError
from pytest_django.fixtures import Settings

from integrations import connection_tests
from integrations.clinical.calls import Calls
from integrations.clinical.errors import LeadsInside
from integrations.messaging.port import FailureKind, NotAccepted, TextAccount
from integrations.messaging.registry import channel as channel_for
from integrations.models import ChannelConnection, ClinicalConnection, NotifyConnection
from integrations.sandbox.network.egress_proxy import serve_egress_proxy
from integrations.sandbox.server import SandboxServer
from patients.models import Pause
from patients.records.pauses import pause_for
from tests.connected import connect, connect_notify
from tests.factories import make_practice, make_staff
from tests.integrations.messaging.conftest import a_text

METADATA = "https://169.254.169.254"


def no_headers() -> dict[str, str]:
    return {}


@pytest.mark.hazard("H-19.5")
@pytest.mark.parametrize(
    "url", [METADATA, "https://10.0.0.1/", "http://0xa9.0xfe.0xa9.0xfe/", "https://[::ffff:10.0.0.1]/"]
)
def test_clinical_systems_are_not_called_inside(url: str) -> None:
    pool = Calls()
    with pytest.raises(LeadsInside):
        pool.get(url, no_headers)
    with pytest.raises(LeadsInside):
        pool.send("POST", url, no_headers, b"{}")
    pool.close()


def test_with_a_proxy_the_proxy_decides() -> None:
    with serve_egress_proxy(403) as proxy:
        pool = Calls(proxy=proxy.url, read_tries=1)
        with pytest.raises(Exception, match="proxy"):
            pool.get("https://10.0.0.1/", no_headers)
        pool.close()
        assert proxy.targets == ["10.0.0.1:443"]


def test_this_machine_is_not_called_in_production(sandbox: SandboxServer, settings: Settings) -> None:
    pool, sidecar = Calls(), Calls(sidecar=True)
    assert pool.get(sandbox.url, no_headers).status
    pool.close()
    pool = Calls()
    settings.PRODUCTION = True
    for calls in (pool, sidecar):
        with pytest.raises(LeadsInside):
            calls.get(sandbox.url, no_headers)
    settings.GP_CONNECT_SIDECAR = True
    assert sidecar.get(sandbox.url, no_headers).status
    pool.close()
    sidecar.close()


@pytest.mark.parametrize("base_url", [METADATA, "http://0x0a000001"])
def test_texts_wait_for_an_administrator(account: TextAccount, base_url: str) -> None:
    [outcome] = channel_for(replace(account, base_url=base_url)).send([a_text()])
    assert isinstance(outcome, NotAccepted)
    assert outcome.kind is FailureKind.CONFIGURATION


@pytest.mark.django_db
def test_a_test_of_the_connection_says_so(sandbox: SandboxServer) -> None:
    practice = make_practice()
    connect(practice, sandbox)
    connect_notify(sandbox, practice, step_seconds=1)
    ClinicalConnection.objects.update(gp_connect_url=METADATA, gateway_url=METADATA, ssp_url="")
    ChannelConnection.objects.update(base_url=METADATA)
    NotifyConnection.objects.update(base_url=METADATA)
    by = make_staff(practice)
    tests = (connection_tests.clinical, connection_tests.texts, connection_tests.notify)
    results = [result for test in tests for result in test(practice, by)]
    assert len(results) == 4
    for result in results:
        assert result.code == "inside", result
        assert "leads to a machine inside this network" in result.words
        assert "169.254" not in result.words


@pytest.mark.django_db
def test_such_an_address_is_not_stored(settings: Settings) -> None:
    practice = make_practice()
    texts = ChannelConnection(practice=practice, base_url=METADATA)
    with pytest.raises(ValidationError, match="inside the network of this service"):
        texts.clean()
    settings.EGRESS_PROXY = "http://proxy.internal:3128"
    texts.clean()
    settings.PRODUCTION = True
    for connection in (
        ChannelConnection(practice=practice, base_url="https://localhost/"),
        NotifyConnection(practice=practice, base_url="https://127.0.0.1/"),
        ClinicalConnection(practice=practice, gp_connect_url="https://[::1]/"),
    ):
        with pytest.raises(ValidationError, match="inside the network of this service"):
            connection.clean()


def test_staff_read_whom_to_ask() -> None:
    assert pause_for(LeadsInside()) == Pause.CERTIFICATE
