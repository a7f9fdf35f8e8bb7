"""Runs the sandbox by itself: `python -m integrations.sandbox --port 8081 --store sandbox.sqlite3`."""

import argparse
import ipaddress
import logging
import os
import sys

from aiohttp import web

from integrations.sandbox.app import create_app
from integrations.sandbox.books import Books

logger = logging.getLogger(__name__)


def loopback(text: str) -> str:
    """An address of this machine only. Raises ArgumentTypeError: made-up records still are nobody else's business."""
    try:
        if ipaddress.ip_address("127.0.0.1" if text == "localhost" else text).is_loopback:
            return text
    except ValueError:
        pass
    raise argparse.ArgumentTypeError(f"{text} is not a loopback address")


def main() -> int:
    """Serve until SIGTERM or SIGINT. Returns 2 when this is a production environment."""
    parser = argparse.ArgumentParser(prog="python -m integrations.sandbox", description=__doc__)
    parser.add_argument("--host", type=loopback, default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8081)
    parser.add_argument("--store", default=":memory:", help="file to keep the books in; forgotten at the end without")
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(name)s: %(message)s")
    if os.environ.get("SELFBOOK_ENV") == "production":
        logger.error("The sandbox does not start in production (SELFBOOK_ENV).")
        return 2
    logger.info("Listening on http://%s:%d", options.host, options.port)
    app = create_app(Books(options.store))
    web.run_app(app, host=options.host, port=options.port, print=None, access_log=None, shutdown_timeout=2)
    return 0


if __name__ == "__main__":
    sys.exit(main())
