"""The sandbox behind mutual TLS: callers must show a certificate of a made-up authority (gp-connect#mutual-tls).

A front of its own, as sites have one before their systems, and not aiohttp's: that closes a connection whose
certificate it does not take without the alert that says so, as no web server in use does.
"""

import select
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from tempfile import NamedTemporaryFile

from integrations.sandbox.network.authority import Authority, Issued

PIECE = 65536
HANDSHAKE_SECONDS = 10.0


def demanding(server: Issued, authority: Authority) -> ssl.SSLContext:
    """How to serve with this certificate, and let nobody in without one of the authority's."""
    made = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cadata=authority.certificate)
    made.verify_mode = ssl.CERT_REQUIRED
    with NamedTemporaryFile("w") as file:
        file.write(f"{server.certificate}\n{server.key}")
        file.flush()
        made.load_cert_chain(file.name)
    return made


@contextmanager
def serve_mutual_tls(context: ssl.SSLContext, inner_port: int, port: int = 0) -> Iterator[str]:
    """Pass on what comes by TLS to what listens on a loopback port, for as long as this is open.

    Its address comes without a slash at the end; port 0 takes a free one. Raises OSError for a port that is taken.
    """
    with socket.create_server(("127.0.0.1", port)) as listener:

        def accept() -> None:
            while True:
                try:
                    caller, _ = listener.accept()
                except OSError:
                    return  # closed
                in_background(lambda caller=caller: _serve(context, caller, inner_port))  # type: ignore[misc]

        in_background(accept)
        yield f"https://127.0.0.1:{listener.getsockname()[1]}"
        # Closing alone does not wake who waits in accept.
        listener.shutdown(socket.SHUT_RDWR)


def in_background(work: Callable[[], None]) -> None:
    """Do this in a thread that nobody waits for."""
    threading.Thread(target=work, daemon=True).start()


def _serve(context: ssl.SSLContext, caller: socket.socket, inner_port: int) -> None:
    """One connection from its handshake to its end."""
    caller.settimeout(HANDSHAKE_SECONDS)
    with closing(context.wrap_socket(caller, server_side=True, do_handshake_on_connect=False)) as secure:
        try:
            secure.do_handshake()
        except OSError:
            _linger(secure)
            return
        secure.settimeout(None)
        try:
            inner = socket.create_connection(("127.0.0.1", inner_port))
        except OSError:
            return  # what it stands before is down: the caller sees the connection end
        with inner:
            relay(secure, inner)


def relay(caller: socket.socket, inner: socket.socket) -> None:
    """Carry bytes in both directions until one side has ended or broken off."""
    try:
        while True:
            ready, _, _ = select.select([caller, inner], [], [])
            for source, target in ((caller, inner), (inner, caller)):
                if source in ready:
                    if not (piece := source.recv(PIECE)):
                        return
                    target.sendall(piece)
    except OSError:
        return


def _linger(secure: ssl.SSLSocket) -> None:
    """Let the caller read the alert: a connection that is closed while a request lies unread is reset."""
    try:
        secure.shutdown(socket.SHUT_WR)
        while socket.socket.recv(secure, PIECE):
            pass
    except OSError:
        return
