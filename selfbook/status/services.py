"""The whole in one: what an administrator looks at first when somebody phones."""

import logging
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from celery import current_app
from django.conf import settings
from django.db import connection
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from integrations.certificate_expiry import Expiry
from practices.models import Practice
from selfbook.celery import DAILY, SWEEPS
from selfbook.start import missing_migrations
from selfbook.status import queues, standing_still, sweeps
from selfbook.status.queues import Queue
from selfbook.status.standing_still import StandsStill
from selfbook.status.sweeps import Sweep

logger = logging.getLogger(__name__)

PING_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Release:
    """The version that answers, and its migrations: how many have run, and the names of those that have not."""

    version: str
    applied: int
    waiting: Sequence[str]


@dataclass(frozen=True, slots=True)
class Status:
    """How all stands. `workers` is None where Redis could not be asked; `backup_at` where nobody knows."""

    release: Release
    queues: Sequence[Queue]
    standing_still: Sequence[StandsStill]
    certificates: Sequence[tuple[Practice, Expiry]]
    sweeps: Sequence[Sweep]
    workers: Sequence[str] | None
    backup_at: datetime | None


def status() -> Status:
    """Look at everything now. It takes a second, in which workers may answer."""
    return Status(
        release=release(),
        queues=queues.read(),
        standing_still=standing_still.read(),
        certificates=standing_still.certificates(),
        sweeps=sweeps.read(SWEEPS | DAILY),
        workers=workers(),
        backup_at=backup_at(),
    )


def release() -> Release:
    """By the project's own file, and by the database."""
    project = Path(settings.BASE_DIR) / "pyproject.toml"
    version = (
        tomllib.loads(project.read_text(encoding="utf-8"))["project"]["version"] if project.exists() else "not known"
    )
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM django_migrations")
        (applied,) = cursor.fetchone()
    return Release(version, applied, missing_migrations())


def workers() -> list[str] | None:
    """The names of the workers that answer within a second; None where Redis cannot be asked."""
    try:
        answers = current_app.control.inspect(timeout=PING_SECONDS).ping()
    except (OperationalError, RedisError, OSError):
        logger.warning("no broker: workers are not asked")
        return None
    return sorted(answers or {})


def backup_at() -> datetime | None:
    """When the file that a backup touches at its end was last touched; None where none is named, or it is not there."""
    if not settings.BACKUP_STAMP_FILE:
        return None
    try:
        return datetime.fromtimestamp(Path(settings.BACKUP_STAMP_FILE).stat().st_mtime, UTC)
    except OSError as error:
        logger.warning("the backup's stamp is not there", extra={"error": type(error).__name__})
        return None
