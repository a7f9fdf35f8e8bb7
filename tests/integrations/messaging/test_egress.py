"""Messages leave by the proxy that a setting names, and what it keeps back is surely not sent."""

from dataclasses import replace

import pytest
from pytest_django.fixtures import Settings

from integrations.connections import account_of, notify_account_of
from integrations.messaging.nhs_notify import client as notify_client
from integrations.messaging.nhs_notify.client import NotifyClient, Unanswered
from integrations.messaging.port import Accepted, FailureKind, NotAccepted, TextAccount
from integrations.messaging.registry import channel as channel_for
from integrations.sandbox.network.egress_proxy import serve_egress_proxy
from integrations.sandbox.server import SandboxServer
from tests.connected import connect, connect_notify
from tests.factories import make_practice
from tests.integrations.messaging.conftest import a_text
from tests.integrations.messaging.notify import account as notify_account
from tests.integrations.messaging.notify import seed


@pytest.mark.parametrize("status", [403, 502])
def test_texts(account: TextAccount, status: int) -> None:
    with serve_egress_proxy(status) as proxy:
        live = replace(account, base_url="", egress_proxy=proxy.url)
        [outcome] = channel_for(live).send([a_text()])
        assert isinstance(outcome, NotAccepted)
        assert outcome.kind is FailureKind.RETRY
        assert proxy.targets == ["api.twilio.com:443"]
        [outcome] = channel_for(replace(account, egress_proxy=proxy.url)).send([a_text()])
        assert isinstance(outcome, Accepted)
        assert len(proxy.targets) == 1, "a call to this machine left it"


def test_nhs_notify(sandbox: SandboxServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notify_client, "_TOKENS", notify_client._Tokens())
    sandbox.control("seed", seed())
    here = notify_account(sandbox.url)
    with serve_egress_proxy(403) as proxy:
        client = NotifyClient(replace(here, base_url="", egress_proxy=proxy.url))
        with pytest.raises(Unanswered) as caught:
            client.post("/v1/messages", b"{}")
        client.close()
        assert not caught.value.was_sent
        assert proxy.targets == ["api.service.nhs.uk:443"]
        client = NotifyClient(replace(here, egress_proxy=proxy.url))
        assert client.get("/channels/nhsapp/accounts", {"ods-organisation-code": here.ods_code, "page": "1"})
        client.close()
        assert len(proxy.targets) == 1, "a call to this machine left it"


@pytest.mark.django_db
def test_every_account_has_the_proxy_of_the_setting(sandbox: SandboxServer, settings: Settings) -> None:
    settings.EGRESS_PROXY = "http://user:secret@proxy.internal:3128"
    practice = make_practice()
    connect(practice, sandbox)
    connect_notify(sandbox, practice, step_seconds=1)
    for account in (account_of(practice), notify_account_of(practice)):
        assert account.egress_proxy == settings.EGRESS_PROXY
        assert "user:secret" not in repr(account)
