"""Addresses that never leave this machine, names that only look so, and addresses of proxies."""

import pytest

from core.egress import is_loopback, is_proxy


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:9000/Y00001/STU3/1/gpconnect",
        "http://127.8.9.10/",
        "http://localhost:9000",
        "http://LOCALHOST/",
        "http://[::1]:9000/",
        "https://127.0.0.1/",
        "http://user:password@127.0.0.1/",
    ],
)
def test_this_machine(url: str) -> None:
    assert is_loopback(url)


@pytest.mark.parametrize(
    "url",
    [
        "http://localhost.evil.example/",
        "http://127.0.0.1.evil.example/",
        "http://127.0.0.1@evil.example/",
        "http://localhost:80@evil.example/",
        "http://127.0.0.1\\@evil.example/",
        "http://evil.example/127.0.0.1",
        "http://evil.example#@127.0.0.1/",
        "http://evil.example?@127.0.0.1/",
        "http://0.0.0.0/",
        "http://[::]/",
        "http://10.0.0.1/",
        "http://128.0.0.1/",
        "http://localhost./",
        "http://localhostx/",
        "http://2130706433/",
        "http://0x7f000001/",
        "http://127.1/",
        "http://[::ffff:10.0.0.1]/",
        "http:///",
        "",
        "nonsense",
        "http://[::1/",
    ],
)
def test_elsewhere_whatever_it_looks_like(url: str) -> None:
    assert not is_loopback(url)


@pytest.mark.parametrize(
    "url",
    ["http://proxy.internal:3128", "http://proxy.internal:3128/", "https://u:p@proxy.internal", "http://10.0.0.1:80"],
)
def test_a_proxy_is_named_in_full(url: str) -> None:
    assert is_proxy(url)


@pytest.mark.parametrize(
    "url",
    [
        "proxy.internal:3128",
        "socks5://proxy:1080",
        "http://",
        "http://:3128",
        "http://proxy/path",
        "http://proxy:x",
        "",
    ],
)
def test_what_is_no_proxy(url: str) -> None:
    assert not is_proxy(url)
