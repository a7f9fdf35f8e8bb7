"""Runs the sandbox by itself: `python -m integrations.sandbox --port 8081 --store sandbox.sqlite3`.

With `--tls-port 8443 --certificates folder` it also answers behind mutual TLS, and writes into the folder what to enter
in the admin: `client.pem`, `client.key` and `authority.pem`, of an authority that is made up at each start.
"""

import argparse
import ipaddress
import logging
import os
import sys
from contextlib import ExitStack
from pathlib import Path

from aiohttp import web

from integrations.sandbox.app import create_app
from integrations.sandbox.books import Books
from integrations.sandbox.network.authority import Authority
from integrations.sandbox.network.mutual_tls import demanding, serve_mutual_tls

logger = logging.getLogger(__name__)


def loopback(text: str) -> str:
    """An address of this machine only. Raises ArgumentTypeError: made-up records still are nobody else's business."""
    try:
        if ipaddress.ip_address("127.0.0.1" if text == "localhost" else text).is_loopback:
            return text
    except ValueError:
        pass
    raise argparse.ArgumentTypeError(f"{text} is not a loopback address")


def write_certificates(authority: Authority, folder: Path) -> None:
    """A client certificate, its key and the authority, each in a file that only this user may read."""
    client = authority.client()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name, text in (
        ("client.pem", client.certificate),
        ("client.key", client.key),
        ("authority.pem", authority.certificate),
    ):
        path = folder / name
        path.touch(mode=0o600)
        path.write_text(text, encoding="ascii")


def main() -> int:
    """Serve until SIGTERM or SIGINT. Returns 2 when this is a production environment."""
    parser = argparse.ArgumentParser(prog="python -m integrations.sandbox", description=__doc__)
    parser.add_argument("--host", type=loopback, default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8081)
    parser.add_argument("--store", default=":memory:", help="file to keep the books in; forgotten at the end without")
    parser.add_argument("--tls-port", type=int, help="answer behind mutual TLS too, on this port of 127.0.0.1")
    parser.add_argument("--certificates", type=Path, help="folder to write the client's certificates into")
    options = parser.parse_args()
    if (options.tls_port is None) != (options.certificates is None):
        parser.error("--tls-port and --certificates go together")
    logging.basicConfig(level=logging.INFO, format="%(name)s: %(message)s")
    if os.environ.get("SELFBOOK_ENV") == "production":
        logger.error("The sandbox does not start in production (SELFBOOK_ENV).")
        return 2
    logger.info("Listening on http://%s:%d", options.host, options.port)
    app = create_app(Books(options.store))
    with ExitStack() as running:
        if options.tls_port is not None:
            authority = Authority()
            write_certificates(authority, options.certificates)
            context = demanding(authority.server(), authority)
            secure_url = running.enter_context(serve_mutual_tls(context, options.port, options.tls_port))
            logger.info("Listening on %s for callers with a certificate of %s", secure_url, options.certificates)
        web.run_app(app, host=options.host, port=options.port, print=None, access_log=None, shutdown_timeout=2)
    return 0


if __name__ == "__main__":
    sys.exit(main())
