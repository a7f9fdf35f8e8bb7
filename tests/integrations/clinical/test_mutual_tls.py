"""Calls by which both sides show a certificate, and what each refusal means (gp-connect#mutual-tls)."""

import os
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from integrations.clinical import tls
from integrations.clinical.calls import Calls
from integrations.clinical.errors import (
    Busy,
    CertificateFault,
    CertificateRejected,
    NetworkFault,
    NotAuthorised,
    ProxyRefused,
    UnknownOutcome,
    Unreachable,
)
from integrations.clinical.port import NO_CERTIFICATES, Certificates
from integrations.sandbox.network.authority import Authority, Issued
from integrations.sandbox.network.egress_proxy import EgressProxy, serve_egress_proxy
from integrations.sandbox.network.mutual_tls import demanding, serve_mutual_tls
from integrations.sandbox.server import SandboxServer
from tests.integrations.clinical.world import ASHA, World, certificates

DAY = timedelta(days=1)
NOBODY = Issued("", "")
OTHER = Authority("Another")
FAULT = CertificateFault


def of(client: Issued, authority: str) -> Certificates:
    return Certificates(client.certificate, client.key, authority)


def ask(url: str, given: Certificates = NO_CERTIFICATES, method: str = "GET", proxy: str = "") -> int:
    """The status of an answer; one try."""
    with closing(Calls(read_tries=1, certificates=given, proxy=proxy)) as pool:
        address = f"{url}/__control/health"
        answer = pool.get(address, dict) if method == "GET" else pool.send(method, address, dict, b"x" * 100_000)
    return answer.status


def rejected(url: str, given: Certificates, method: str = "GET") -> CertificateFault:
    with pytest.raises(CertificateRejected) as caught:
        ask(url, given, method)
    assert caught.value.__cause__ is None
    assert "BEGIN" not in str(caught.value)
    assert "127.0.0.1" not in str(caught.value)
    return caught.value.fault


@pytest.fixture(params=["TLS 1.2", "TLS 1.3"])
def front(request: pytest.FixtureRequest, sandbox: SandboxServer) -> Iterator[str]:
    """The sandbox behind mutual TLS of either version. With 1.3 a refusal comes after the request has left."""
    context = demanding(sandbox.authority.server(), sandbox.authority)
    if request.param == "TLS 1.2":
        context.maximum_version = ssl.TLSVersion.TLSv1_2
    with serve_mutual_tls(context, port_of(sandbox.url)) as url:
        yield url


def port_of(url: str) -> int:
    return int(url.rpartition(":")[2])


def test_who_shows_a_certificate_is_let_in(front: str, sandbox: SandboxServer) -> None:
    assert ask(front, certificates(sandbox)) == 200
    assert ask(front, certificates(sandbox), "POST") == 405
    assert ask(front.replace("127.0.0.1", "localhost"), certificates(sandbox)) == 200


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("ours", ["none", "another authority's", "expired"])
def test_whose_certificate_is_not_taken_is_told_so(front: str, sandbox: SandboxServer, ours: str, method: str) -> None:
    """Of writes too: nobody can have acted on them, so they are not in doubt."""
    client, fault = {
        "none": (NOBODY, FAULT.OURS_MISSING),
        "another authority's": (OTHER.client(), FAULT.OURS_REFUSED),
        "expired": (sandbox.authority.client(lasts=-DAY), FAULT.OURS_EXPIRED),
    }[ours]
    assert rejected(front, of(client, sandbox.authority.certificate), method) == fault


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("authority", ["", OTHER.certificate], ids=["the internet's", "another"])
def test_an_authority_that_we_do_not_know(sandbox: SandboxServer, authority: str, method: str) -> None:
    assert rejected(sandbox.secure_url, of(sandbox.authority.client(), authority), method) == FAULT.THEIRS_UNKNOWN


@pytest.mark.parametrize(
    ("hosts", "lasts", "fault"),
    [
        (("127.0.0.1",), -DAY, FAULT.THEIRS_EXPIRED),
        (("provider.example.nhs.uk",), DAY, FAULT.THEIRS_OTHER_HOST),
        (("127.0.0.2",), DAY, FAULT.THEIRS_OTHER_HOST),
    ],
    ids=["expired", "another name", "another address"],
)
def test_a_server_s_certificate_that_is_wrong(
    sandbox: SandboxServer, hosts: tuple[str, ...], lasts: timedelta, fault: CertificateFault
) -> None:
    context = demanding(sandbox.authority.server(hosts, lasts), sandbox.authority)
    with serve_mutual_tls(context, port_of(sandbox.url)) as url:
        assert rejected(url, certificates(sandbox)) == fault
        assert rejected(url, certificates(sandbox), "POST") == fault


def test_what_speaks_no_tls(sandbox: SandboxServer) -> None:
    assert rejected(sandbox.url.replace("http:", "https:"), certificates(sandbox)) == FAULT.NO_TLS


def test_what_is_stored_and_cannot_be_loaded(sandbox: SandboxServer) -> None:
    ours = sandbox.authority.client()
    for wrong in (
        Certificates("a", "b"),
        Certificates(ours.certificate, OTHER.client().key),
        Certificates("", "", "a"),
    ):
        assert rejected(sandbox.secure_url, wrong) == FAULT.OURS_UNUSABLE


def test_an_authority_may_be_intermediate_and_stand_without_its_root(sandbox: SandboxServer) -> None:
    between = Authority("Between", issuer=OTHER)
    ours = between.client()
    with serve_mutual_tls(demanding(between.server(), OTHER), port_of(sandbox.url)) as url:
        chain = Issued(ours.certificate + between.certificate, ours.key)
        assert ask(url, of(chain, between.certificate)) == 200
        assert rejected(url, of(chain, OTHER.certificate)) == FAULT.THEIRS_UNKNOWN
        assert rejected(url, of(ours, "")) == FAULT.THEIRS_UNKNOWN


@contextmanager
def answering(page: bytes, given: ssl.SSLContext | None = None) -> Iterator[str]:
    """A server that says the same to everybody, or, with nothing to say, closes each connection after its handshake."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                caller, _ = listener.accept()
                with given.wrap_socket(caller, server_side=True) if given else caller as connection:
                    if page:
                        connection.recv(65536)
                        connection.sendall(page)
            except OSError:
                if listener.fileno() == -1:
                    return

    threading.Thread(target=serve, daemon=True).start()
    yield f"http{'s' if given else ''}://127.0.0.1:{listener.getsockname()[1]}"
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()


def without_alert(authority: Authority) -> ssl.SSLContext:
    """How some serve who refuse a certificate without the alert that says so."""
    context = demanding(authority.server(), authority)
    context.verify_mode = ssl.CERT_NONE
    return context


def test_a_connection_that_is_closed_without_a_word(sandbox: SandboxServer) -> None:
    """It may be down, or take no certificate of ours: unless ours has expired, which we know ourselves."""
    spine = sandbox.authority
    with answering(b"", without_alert(spine)) as url:
        with pytest.raises(Unreachable) as caught:
            ask(url, certificates(sandbox))
        assert caught.value.fault == NetworkFault.CLOSED
        with pytest.raises(UnknownOutcome):
            ask(url, certificates(sandbox), "POST")
        assert rejected(url, of(spine.client(lasts=-DAY), spine.certificate)) == FAULT.OURS_EXPIRED


NGINX = b"<html><head><title>400 No required SSL certificate was sent</title></head></html>"
NGINX_WRONG = b"<html><head><title>400 The SSL certificate error</title></head></html>"
IIS = b"<html><p>HTTP Error 403.7 - Forbidden</p>The page you are looking for requires a client certificate</html>"


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize(
    ("status", "kind", "body", "fault"),
    [
        ("400", "text/html", NGINX, FAULT.OURS_MISSING),
        ("496", "text/html", b"", FAULT.OURS_MISSING),
        ("403", "text/html; charset=utf-8", IIS, FAULT.OURS_MISSING),
    ],
)
def test_a_web_server_that_refuses_in_a_page(
    status: str, kind: str, body: bytes, fault: CertificateFault, method: str
) -> None:
    with answering(page(status, kind, body)) as url:
        assert rejected(url, NO_CERTIFICATES, method) == fault


def page(status: str, kind: str, body: bytes) -> bytes:
    return f"HTTP/1.1 {status} No\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


def test_a_page_about_our_certificate_is_of_the_one_that_we_have(sandbox: SandboxServer) -> None:
    spine = sandbox.authority
    with answering(page("400", "text/html", NGINX_WRONG)) as url:
        assert rejected(url, of(spine.client(), "")) == FAULT.OURS_REFUSED
        assert rejected(url, of(spine.client(lasts=-DAY), "")) == FAULT.OURS_EXPIRED


@pytest.mark.parametrize(
    ("status", "kind", "body"),
    [
        ("400", "application/fhir+json", b'{"resourceType": "OperationOutcome", "diagnostics": "client certificate"}'),
        ("400", "text/html", b"<html>Bad request</html>"),
        ("200", "text/html", NGINX),
    ],
)
def test_other_pages_are_answers(status: str, kind: str, body: bytes) -> None:
    with answering(page(status, kind, body)) as url:
        assert ask(url) == int(status)


def test_the_next_call_uses_what_was_changed(sandbox: SandboxServer) -> None:
    old, new = of(OTHER.client(), sandbox.authority.certificate), certificates(sandbox)
    assert rejected(sandbox.secure_url, old) == FAULT.OURS_REFUSED
    assert ask(sandbox.secure_url, new) == 200
    assert rejected(sandbox.secure_url, old) == FAULT.OURS_REFUSED
    assert tls.context(new) is tls.context(Certificates(new.certificate, new.key, new.authority))
    assert tls.context(new) is not tls.context(Certificates(new.certificate, new.key))


@pytest.mark.parametrize("has_memory_files", [True, False])
def test_a_key_is_not_left_on_a_disk(
    sandbox: SandboxServer, has_memory_files: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    if not has_memory_files:
        monkeypatch.delattr(os, "memfd_create")
    open_before = len(os.listdir("/proc/self/fd"))
    tls.build(certificates(sandbox))
    with pytest.raises(tls.Unusable):
        tls.build(Certificates("a", "b"))
    assert list(tmp_path.iterdir()) == []
    assert len(os.listdir("/proc/self/fd")) == open_before


def test_the_provider_and_the_proxy_of_the_spine_are_shown_the_same_certificate(sandbox: SandboxServer) -> None:
    with closing(World(sandbox, "emis", by_mutual_tls=True)) as world:
        for ssp_url in ("", world.proxy_url):
            assert world.adapter(ssp_url=ssp_url).find_patient(ASHA).nhs_number == ASHA
            without = world.adapter(ssp_url=ssp_url, certificates=Certificates(authority=sandbox.authority.certificate))
            with pytest.raises(CertificateRejected):
                without.find_patient(ASHA)


@pytest.fixture
def proxy() -> Iterator[EgressProxy]:
    with serve_egress_proxy() as made:
        yield made


def test_calls_leave_by_the_proxy(sandbox: SandboxServer, proxy: EgressProxy) -> None:
    spine = sandbox.authority
    context = demanding(spine.server(["provider.example.nhs.uk"]), spine)
    with serve_mutual_tls(context, port_of(sandbox.url)) as url:
        host = f"provider.example.nhs.uk:{port_of(url)}"
        with_log_in = proxy.url.replace("http://", "http://user:secret@")
        assert ask(f"https://{host}", certificates(sandbox), proxy=with_log_in) == 200
        assert proxy.targets == [host]
        assert len(proxy.authorizations) == 1


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_calls_to_this_machine_never_do(sandbox: SandboxServer, proxy: EgressProxy, method: str) -> None:
    for url in (sandbox.url, sandbox.url.replace("127.0.0.1", "localhost"), sandbox.secure_url):
        assert ask(url, certificates(sandbox), method, proxy.url) in (200, 405)
    assert proxy.targets == []


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("status", [403, 407])
def test_a_proxy_that_refuses(status: int, method: str) -> None:
    with serve_egress_proxy(status) as proxy, pytest.raises(ProxyRefused) as caught:
        ask("https://provider.example.nhs.uk", method=method, proxy=proxy.url)
    assert caught.value.detail.endswith(str(status))
    assert isinstance(caught.value, NotAuthorised)


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_proxy_that_cannot_connect_or_is_away(method: str) -> None:
    """Nothing has left, so a write is not in doubt."""
    with serve_egress_proxy(502) as proxy, pytest.raises(Unreachable) as caught:
        ask("https://provider.example.nhs.uk", method=method, proxy=proxy.url)
    assert caught.value.fault == NetworkFault.PROXY_FAILED
    with pytest.raises(Unreachable) as caught:
        ask("https://provider.example.nhs.uk", method=method, proxy=proxy.url)
    assert caught.value.fault == NetworkFault.PROXY_DOWN
    assert isinstance(caught.value, Busy)


def test_how_far_other_calls_came(sandbox: SandboxServer) -> None:
    with answering(b"") as closes, pytest.raises(Unreachable) as caught:
        ask(closes)
    assert caught.value.fault == NetworkFault.CLOSED
    with pytest.raises(Unreachable) as caught:
        ask(closes)
    assert caught.value.fault == NetworkFault.REFUSED
    with pytest.raises(Unreachable) as caught:
        ask("http://provider.invalid")
    assert caught.value.fault == NetworkFault.NO_HOST
