"""A stand-in for the proxy by which a site's calls leave its network: CONNECT, and nothing else."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from integrations.sandbox.network.mutual_tls import PIECE, in_background, relay


class EgressProxy:
    """A running proxy. `url` is its address; `targets` are the hosts with ports that it was asked to connect to.

    It connects every name to loopback, so that made-up hosts lead to stand-ins. With a `status` it refuses by that.
    """

    def __init__(self, status: int = 200) -> None:
        """Listen at once, on a free loopback port."""
        self.status = status
        self.targets: list[str] = []
        self.authorizations: list[str] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def serve(self) -> None:
        """Serve until closed."""
        while True:
            try:
                caller, _ = self._listener.accept()
            except OSError:
                return  # closed
            threading.Thread(target=self._tunnel, args=[caller], daemon=True).start()

    def close(self) -> None:
        """Listen no more. Closing alone does not wake who waits in accept."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _tunnel(self, caller: socket.socket) -> None:
        with caller:
            head = b""
            while b"\r\n\r\n" not in head:
                if not (piece := caller.recv(PIECE)):
                    return
                head += piece
            request, *headers = head.decode("latin-1").split("\r\n")
            method, target, _ = request.split(" ")
            self.targets.append(target)
            self.authorizations += [line for line in headers if line.lower().startswith("proxy-authorization")]
            status = self.status if method == "CONNECT" else 405
            if status != 200:
                caller.sendall(_answer(status))
                return
            try:
                inner = socket.create_connection(("127.0.0.1", int(target.rpartition(":")[2])))
            except OSError:
                caller.sendall(_answer(502))
                return
            with inner:
                # An answer to CONNECT that opens a tunnel has no length.
                caller.sendall(b"HTTP/1.1 200 Connected\r\n\r\n")
                relay(caller, inner)


def _answer(status: int) -> bytes:
    return f"HTTP/1.1 {status} No\r\nContent-Length: 0\r\n\r\n".encode()


@contextmanager
def serve_egress_proxy(status: int = 200) -> Iterator[EgressProxy]:
    """A proxy for as long as this is open."""
    proxy = EgressProxy(status)
    in_background(proxy.serve)
    try:
        yield proxy
    finally:
        proxy.close()
