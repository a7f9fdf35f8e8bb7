"""The service over HTTP, for a browser."""

from collections.abc import Iterator
from typing import Any, cast

import pytest
from django.test.testcases import LiveServerThread


@pytest.fixture
def served(transactional_db: None) -> Iterator[str]:
    """The address of the service over HTTP, its static files served as in production: hashed, by WhiteNoise."""
    server = LiveServerThread("127.0.0.1", static_handler=cast(Any, lambda application: application))
    server.start()
    server.is_ready.wait()
    assert server.error is None
    yield f"http://127.0.0.1:{server.port}"
    server.terminate()
    server.join()
