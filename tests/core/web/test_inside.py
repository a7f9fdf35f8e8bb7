"""Which addresses connections may lead to, however they are written."""

import asyncio
import socket
from typing import Any

import httpx
import pytest
from pytest_django.fixtures import Settings

from core.web.inside import AddressInside, CheckedResolver, leads_inside, may_reach, transport


@pytest.mark.parametrize("address", ["8.8.8.8", "20.26.1.1", "2001:4860:4860::8888", "64:ff9b::808:808"])
def test_the_internet_may_be_reached(address: str) -> None:
    assert may_reach(address)


INSIDE = [
    "169.254.169.254",
    "10.0.0.1",
    "172.16.0.1",
    "192.168.1.1",
    "100.64.0.1",
    "0.0.0.0",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "fe80::1",
    "fe80::1%eth0",
    "fd00:ec2::254",
    "fec0::1",
    "ff02::1",
    "::",
    "::ffff:10.0.0.1",
    "::ffff:169.254.169.254",
    "64:ff9b::a9fe:a9fe",
    "2002:a00:1::",
]


@pytest.mark.parametrize("address", INSIDE)
def test_what_is_inside_may_not(address: str) -> None:
    assert not may_reach(address)
    assert not may_reach(address, sidecar=True)


@pytest.mark.parametrize("address", ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"])
def test_this_machine_is_for_development_and_sidecars(address: str, settings: Settings) -> None:
    assert may_reach(address)
    settings.PRODUCTION = True
    assert not may_reach(address)
    assert not may_reach(address, sidecar=True)
    settings.GP_CONNECT_SIDECAR = True
    assert may_reach(address, sidecar=True)
    assert not may_reach(address)


def test_a_network_that_the_operator_names_may(settings: Settings) -> None:
    settings.ALLOWED_INSIDE = ["10.20.0.0/16", "fd00:ec2::/32"]
    assert may_reach("10.20.3.4")
    assert may_reach("fd00:ec2::254")
    assert not may_reach("10.21.0.1")
    assert not may_reach("169.254.169.254")


@pytest.mark.parametrize(
    "url",
    [
        "https://169.254.169.254/latest",
        "https://user@10.0.0.1:8443/",
        "https://[::ffff:10.0.0.1]/",
        "https://[fe80::1]/",
    ],
)
def test_what_is_written_as_inside_is_seen_at_once(url: str) -> None:
    assert leads_inside(url)


def test_localhost_is_seen_too(settings: Settings) -> None:
    settings.PRODUCTION = True
    for host in ("localhost", "LOCALHOST.", "127.0.0.1"):
        assert leads_inside(f"https://{host}/")
    assert not leads_inside("https://gateway.example.nhs.uk/")
    assert not leads_inside("no address")


def lookups(patch: pytest.MonkeyPatch, *answers: list[str]) -> list[str]:
    """Have names resolve to these, one answer after another, and the last from then on; the names that were asked."""
    asked: list[str] = []
    real = socket.getaddrinfo

    def getaddrinfo(host: str, port: Any, *args: Any, **options: Any) -> Any:
        if not host.endswith(".example"):
            return real(host, port, *args, **options)
        asked.append(host)
        answer = answers[min(len(asked), len(answers)) - 1]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in answer]

    patch.setattr(socket, "getaddrinfo", getaddrinfo)
    return asked


@pytest.mark.parametrize("host", ["turned.example", "169.254.169.254", "2852039166", "0xa9fea9fe", "10.0.0.1"])
def test_httpx_calls_nothing_inside(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    lookups(monkeypatch, ["10.0.0.1"])
    with httpx.Client(transport=transport()) as client, pytest.raises(AddressInside):
        client.get(f"http://{host}/", timeout=1)


def test_one_address_inside_spoils_a_name(monkeypatch: pytest.MonkeyPatch) -> None:
    lookups(monkeypatch, ["8.8.8.8", "192.168.0.9"])
    with httpx.Client(transport=transport()) as client, pytest.raises(AddressInside):
        client.get("http://both.example/", timeout=1)


@pytest.mark.hazard("H-19.5")
def test_the_address_that_was_checked_is_the_one_that_is_called(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that leads inside the second time it is looked up: it is looked up once."""
    listener = socket.create_server(("127.0.0.1", 0))
    asked = lookups(monkeypatch, ["127.0.0.1"], ["169.254.169.254"])
    with httpx.Client(transport=transport()) as client, pytest.raises(httpx.ReadTimeout):
        client.get(f"http://turning.example:{listener.getsockname()[1]}/", timeout=0.2)
    listener.close()
    assert asked == ["turning.example"]


def test_aiohttp_resolves_nothing_inside(monkeypatch: pytest.MonkeyPatch) -> None:
    lookups(monkeypatch, ["10.0.0.1"])

    async def resolve() -> None:
        await CheckedResolver().resolve("turned.example", 443)

    with pytest.raises(AddressInside):
        asyncio.run(resolve())
