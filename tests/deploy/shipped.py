"""The files that operators get, as tests read them."""

from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"

COMPOSE: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yml").read_text("utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]

WORKERS = ["worker-bookings", "worker-sending", "worker-lists"]
OURS = ["web", *WORKERS, "beat"]
RUNNING = ["proxy", *OURS, "postgres", "redis"]
JOBS = ["migrate", "certbot", "seed"]


def settings_of(text: str) -> dict[str, str]:
    """The lines of an .env file, as names and values."""
    return dict(line.split("=", 1) for line in text.splitlines() if line and not line.startswith("#"))


EXAMPLE = settings_of((ROOT / ".env.example").read_text("utf-8"))
