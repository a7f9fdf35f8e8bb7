"""The proxy's own configuration, run by nginx here: only ports, paths and the address of web are others."""

import os
import pwd
import shutil
import socket
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPSConnection
from pathlib import Path

from selfbook.embedded.ports import free_port, is_free
from tests.deploy.shipped import DEPLOY
from tests.waiting import wait_until

PROGRAM = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/bin")
"""Debian: `apt-get install nginx-light`, or any other of its kinds."""

HOST = "book.example.nhs.uk"


@dataclass
class Proxy:
    """One that runs, before web on its port."""

    secure: int
    plain: int
    folder: Path

    def trusting(self) -> ssl.SSLContext:
        """Who believes the certificate that the script made, and nobody else's."""
        context = ssl.create_default_context(cafile=str(self.folder / "fullchain.pem"))
        context.check_hostname = False  # the tests' address is 127.0.0.1
        return context

    def connect(self) -> ssl.SSLSocket:
        """A connection by TLS."""
        raw = socket.create_connection(("127.0.0.1", self.secure), timeout=20)
        return self.trusting().wrap_socket(raw, server_hostname=HOST)

    def visit(self) -> HTTPSConnection:
        """A client by TLS."""
        return HTTPSConnection("127.0.0.1", self.secure, timeout=20, context=self.trusting())

    def visit_plainly(self) -> HTTPConnection:
        """A client without it."""
        return HTTPConnection("127.0.0.1", self.plain, timeout=20)

    def ask(self, path: str, method: str = "GET", body: bytes | None = None, **headers: str) -> tuple[int, str]:
        """The status and the text of an answer."""
        visitor = self.visit()
        try:
            names = {name.replace("_", "-"): value for name, value in headers.items()}
            visitor.request(method, path, body, {"Host": HOST} | names)
            answer = visitor.getresponse()
            return answer.status, answer.read().decode("utf-8", "replace")
        finally:
            visitor.close()

    def logged(self) -> str:
        """All that it has written, in either log."""
        return (self.folder / "access.log").read_text() + (self.folder / "error.log").read_text()


@contextmanager
def nginx(folder: Path, web: int) -> Iterator[Proxy]:
    """Run it before web on that port of this machine."""
    assert PROGRAM
    subprocess.run([DEPLOY / "make-certificate", HOST, folder], check=True, stderr=subprocess.DEVNULL)
    proxy = Proxy(free_port(), free_port(), folder)
    changes = {
        "/tmp/": f"{folder}/",
        "error_log stderr alert": f"error_log {folder}/error.log alert",
        "access_log /dev/stdout areas": f"access_log {folder}/access.log areas",
        "/etc/nginx/certificates/": f"{folder}/",
        "/etc/nginx/pages/": f"{DEPLOY}/proxy/pages/",
        "/var/www/acme": f"{folder}/acme",
        "listen 80 default_server": f"listen 127.0.0.1:{proxy.plain} default_server",
        "listen 443 ssl http2 default_server": f"listen 127.0.0.1:{proxy.secure} ssl http2 default_server",
        "set $web web:8000": f"set $web 127.0.0.1:{web}",
        "worker_processes auto": "worker_processes 2",
        "worker_rlimit_nofile 65536;": "",
        "worker_connections 16384": "worker_connections 1024",
    }
    text = (DEPLOY / "proxy" / "nginx.conf").read_text("utf-8")
    for shipped, here in changes.items():
        assert shipped in text, shipped
        text = text.replace(shipped, here)
    if os.getuid() == 0:  # its workers read what this user wrote
        text = f"user {pwd.getpwuid(0).pw_name};\n{text}"
    (folder / "error.log").touch()
    configuration = folder / "nginx.conf"
    configuration.write_text(text, encoding="utf-8")
    command = [PROGRAM, "-c", str(configuration), "-p", str(folder), "-g", "daemon off;"]
    with subprocess.Popen([*command, "-e", str(folder / "start.log")]) as process:
        try:
            wait_until(lambda: process.poll() is not None or not is_free(proxy.secure))
            assert process.poll() is None, (folder / "start.log").read_text()
            yield proxy
        finally:
            process.terminate()
