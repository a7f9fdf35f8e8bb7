"""Hints to the workers while Redis is away: nobody waits for it, and nothing fails."""

import os
import subprocess
import sys

from selfbook.embedded.ports import free_port

# A process of its own: the broker's address is settled when Celery starts.
HINT = """
import time, django
django.setup()
from django.db import transaction
from core.hints import hint
transaction.on_commit = lambda send: send()
began = time.monotonic()
for _ in range(3):
    hint("booking.book", "1")
print(time.monotonic() - began)
"""


def test_a_redis_that_is_away_costs_a_page_next_to_nothing() -> None:
    away = {**os.environ, "REDIS_URL": f"redis://127.0.0.1:{free_port()}/0"}
    done = subprocess.run([sys.executable, "-c", HINT], env=away, capture_output=True, text=True, check=True)
    assert float(done.stdout) < 10
