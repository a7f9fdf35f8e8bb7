"""Redis with a password, by TLS, and by Sentinels: the cache and Celery's broker, over real connections."""

import os
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import redis
from django.core.exceptions import ImproperlyConfigured
from kombu import Connection
from kombu.exceptions import OperationalError
from redis.sentinel import SentinelManagedSSLConnection

from integrations.sandbox.network.authority import Authority
from selfbook.caching.caches import CacheWithLimits
from selfbook.caching.sentinel import SentinelPool
from selfbook.embedded.ports import free_port
from selfbook.embedded.redis import _executable
from selfbook.settings.redis import redis_from
from tests.waiting import wait_until

SECRET = "made up, with signs: @/%"
WRITTEN = quote(SECRET, safe="")
ROUND_TRIP = """
import django; django.setup()
from django.core.cache import cache
from selfbook.celery import app
cache.set("through", ["it", 1]); assert cache.get("through") == ["it", 1]
assert cache.get_many(["through"]) == {"through": ["it", 1]}
with app.connection_for_write() as line, line.SimpleQueue("through") as queue:
    queue.put({"id": 1}); message = queue.get(timeout=5); assert message.payload == {"id": 1}; message.ack()
print("both")
"""


def values(url: str, **more: str) -> dict[str, Any]:
    return {"REDIS_URL": url, "REDIS_SENTINEL_MASTER": "", "REDIS_SENTINEL_PASSWORD": ""} | more


def in_a_process(url: str) -> "subprocess.CompletedProcess[str]":
    """The product's own cache and broker, by its settings."""
    environment = os.environ | {"REDIS_URL": url}
    return subprocess.run([sys.executable, "-c", ROUND_TRIP], env=environment, capture_output=True, text=True)


def by_cache(url: str, **more: str) -> None:
    """A value through the cache that these settings make."""
    chosen = redis_from(values(url, **more))
    cache = CacheWithLimits(chosen.location, {"OPTIONS": chosen.options})
    cache.set("through", ["it", 1])
    assert cache.get_many(["through"]) == {"through": ["it", 1]}
    cache.close()


def by_broker(url: str, **more: str) -> None:
    """A task's message through the broker that these settings name."""
    chosen = redis_from(values(url, **more))
    options = {"socket_connect_timeout": 1, "max_retries": 0, **chosen.transport}
    with (
        Connection(chosen.broker, transport_options=options, ssl=chosen.broker_ssl) as line,
        line.SimpleQueue("through") as queue,
    ):
        queue.put({"id": 1})
        message = queue.get(timeout=5)
        assert message.payload == {"id": 1}
        message.ack()


WAYS = (by_cache, by_broker)


@contextmanager
def server(folder: Path, *lines: str, password: str = "", sentinel: bool = False) -> Iterator[int]:
    """A Redis, or a Sentinel, with these lines in its file of settings."""
    port = free_port()
    folder.mkdir(parents=True)
    file = folder / "redis.conf"
    own = [f"port {port}", "bind 127.0.0.1", f"dir {folder}", *([] if sentinel else ['save ""'])]
    file.write_text("\n".join([*own, *lines, *([f'requirepass "{password}"'] if password else [])]) + "\n")
    command = [_executable(), str(file), *(["--sentinel"] if sentinel else [])]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        try:
            client = redis.Redis(port=port, password=password or None)
            wait_until(lambda: _answers(client))
            yield port
        finally:
            process.terminate()


def _answers(client: redis.Redis) -> bool:
    try:
        return bool(client.ping())
    except redis.ConnectionError:
        return False


@contextmanager
def tls_in_front(port: int, context: ssl.SSLContext) -> Iterator[int]:
    """Ends TLS before a Redis: the one that tests have was built without it."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=_accept, args=(listener, port, context), daemon=True).start()
        yield int(listener.getsockname()[1])


def _accept(listener: socket.socket, port: int, context: ssl.SSLContext) -> None:
    while True:
        try:
            raw, _ = listener.accept()
        except OSError:
            return
        threading.Thread(target=_serve, args=(raw, port, context), daemon=True).start()


def _serve(raw: socket.socket, port: int, context: ssl.SSLContext) -> None:
    with ExitStack() as open_ones:
        try:
            client = open_ones.enter_context(context.wrap_socket(raw, server_side=True))
        except OSError:
            return
        behind = open_ones.enter_context(socket.create_connection(("127.0.0.1", port)))
        back = threading.Thread(target=_pump, args=(behind, client), daemon=True)
        back.start()
        _pump(client, behind)
        behind.shutdown(socket.SHUT_RDWR)
        back.join()


def _pump(source: socket.socket, to: socket.socket) -> None:
    try:
        while chunk := source.recv(65536):
            to.sendall(chunk)
    except OSError:
        return


def test_a_password_with_signs(tmp_path: Path) -> None:
    with server(tmp_path / "redis", password=SECRET) as port:
        right = in_a_process(f"redis://:{WRITTEN}@127.0.0.1:{port}/3")
        assert right.stdout == "both\n", right.stderr
        for way in WAYS:
            with pytest.raises((redis.AuthenticationError, OperationalError)):
                way(f"redis://127.0.0.1:{port}/3")


def test_over_tls_with_a_certificate_that_is_verified(tmp_path: Path) -> None:
    authority, other = Authority("ours"), Authority("another")
    issued, chain = authority.server(), tmp_path / "server.pem"
    chain.write_text(issued.certificate + issued.key)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain)
    ours, theirs = tmp_path / "ours.pem", tmp_path / "theirs.pem"
    ours.write_text(authority.certificate)
    theirs.write_text(other.certificate)
    with server(tmp_path / "redis", password=SECRET) as port, tls_in_front(port, context) as secure:
        url = f"rediss://:{WRITTEN}@127.0.0.1:{secure}/0"
        for way in WAYS:
            way(f"{url}?ssl_ca_certs={ours}")
            for wrong in (f"{url}?ssl_ca_certs={theirs}", url):
                with pytest.raises((redis.ConnectionError, OperationalError), match="CERTIFICATE_VERIFY_FAILED"):
                    way(wrong)


def test_by_sentinels_and_after_the_master_has_changed(tmp_path: Path) -> None:
    lines = [f'masterauth "{SECRET}"']
    with (
        server(tmp_path / "first", *lines, password=SECRET) as first,
        server(tmp_path / "second", *lines, f"replicaof 127.0.0.1 {first}", password=SECRET) as second,
        server(
            tmp_path / "sentinel",
            f"sentinel monitor ours 127.0.0.1 {first} 1",
            f'sentinel auth-pass ours "{SECRET}"',
            "sentinel down-after-milliseconds ours 500",
            "sentinel failover-timeout ours 2000",
            password="the sentinel's",
            sentinel=True,
        ) as watcher,
    ):
        asked = redis.Redis(port=watcher, password="the sentinel's", decode_responses=True)
        wait_until(lambda: len(asked.sentinel_slaves("ours")) == 1)
        more = {"REDIS_SENTINEL_MASTER": "ours", "REDIS_SENTINEL_PASSWORD": "the sentinel's"}
        url = f"sentinel://:{WRITTEN}@127.0.0.1:{watcher}/0;sentinel://:{WRITTEN}@127.0.0.1:1/0"
        for way in WAYS:
            way(url, **more)
        redis.Redis(port=first, password=SECRET).shutdown(nosave=True)
        wait_until(lambda: asked.sentinel_get_master_addr_by_name("ours") == ("127.0.0.1", second))
        wait_until(lambda: redis.Redis(port=second, password=SECRET).info()["role"] == "master")
        for way in WAYS:
            way(url, **more)


def test_sentinels_by_tls_with_a_password(tmp_path: Path) -> None:
    """They name a Redis, which is then spoken to by TLS too."""
    authority, other = Authority("ours"), Authority("another")
    ours, theirs = tmp_path / "ours.pem", tmp_path / "theirs.pem"
    ours.write_text(authority.certificate)
    theirs.write_text(other.certificate)
    issued, chain = authority.server(), tmp_path / "server.pem"
    chain.write_text(issued.certificate + issued.key)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain)
    monitor = "sentinel monitor ours 127.0.0.1"
    with (
        server(tmp_path / "redis", password=SECRET) as master,
        server(tmp_path / "sentinel", f"{monitor} {master} 1", password="the sentinel's", sentinel=True) as watcher,
        tls_in_front(watcher, context) as secure,
    ):
        more = {"REDIS_SENTINEL_MASTER": "ours", "REDIS_SENTINEL_PASSWORD": "the sentinel's"}

        def pool(authority: Path) -> SentinelPool:
            url = f"sentinels://:{WRITTEN}@127.0.0.1:{secure}/0?ssl_ca_certs={authority}"
            options = {**redis_from(values(url, **more)).options}
            options.pop("pool_class")
            return SentinelPool.from_url("", **options)

        assert pool(ours).get_master_address() == ("127.0.0.1", master)  # type: ignore[no-untyped-call] # redis has none
        assert pool(ours).connection_class is SentinelManagedSSLConnection
        with pytest.raises(redis.ConnectionError, match="No master found"):
            pool(theirs).get_master_address()  # type: ignore[no-untyped-call] # redis has none


def test_what_sentinels_by_tls_come_to() -> None:
    url = f"sentinels://:{WRITTEN}@one/3?ssl_ca_certs=/ca.pem;sentinels://two:26380/3"
    chosen = redis_from(values(url, REDIS_SENTINEL_MASTER="ours", REDIS_SENTINEL_PASSWORD="theirs"))
    tls = {"ssl_cert_reqs": "required", "ssl_ca_certs": "/ca.pem"}
    assert chosen.broker == f"sentinel://:{WRITTEN}@one/3;sentinel://two:26380/3"
    assert chosen.broker_ssl == tls
    assert chosen.transport["sentinel_kwargs"] == {"password": "theirs", "ssl": True, **tls}
    assert {"ssl": True, "db": 3, "password": SECRET, **tls}.items() <= chosen.options.items()
    assert chosen.options["sentinels"] == [("one", 26379), ("two", 26380)]
    assert redis_from(values(url.replace("sentinels", "sentinel"), REDIS_SENTINEL_MASTER="ours")).broker_ssl is False


@pytest.mark.parametrize(
    ("settings", "remedy"),
    [
        (values(f"http://:{WRITTEN}@host/"), "must begin with"),
        (values(f"sentinel://:{WRITTEN}@host/0"), "REDIS_SENTINEL_MASTER"),
        (values("redis://host/0", REDIS_SENTINEL_MASTER="ours"), "go together"),
        (values(f"sentinels://host/0;sentinel://:{WRITTEN}@host/0", REDIS_SENTINEL_MASTER="ours"), "by TLS each"),
        (values(f"sentinel://host/0;redis://:{WRITTEN}@host/0", REDIS_SENTINEL_MASTER="ours"), "after semicolons"),
    ],
)
def test_a_wrong_address_is_refused_and_not_repeated(settings: dict[str, Any], remedy: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=remedy) as refused:
        redis_from(settings)
    assert WRITTEN not in str(refused.value)


def test_a_socket_of_the_machine() -> None:
    chosen = redis_from(values("unix:///run/redis.sock"))
    assert (chosen.location, chosen.broker) == ("unix:///run/redis.sock", "redis+socket:///run/redis.sock")
