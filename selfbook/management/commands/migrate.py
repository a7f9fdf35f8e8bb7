"""Django's `migrate`, which holds nobody up: it waits for a table for seconds, then lets everybody through.

A change of a table waits until it has the table for itself, and whoever comes meanwhile waits behind it. With a long
transaction in front that would stop every page (docs/upgrading.md).
"""

from time import sleep
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError, CommandParser
from django.core.management.commands.migrate import Command as Migrate
from django.db import OperationalError, connections
from psycopg.errors import LockNotAvailable

PAUSE_SECONDS = 5.0
"""Between two tries: whoever has waited goes first."""


class Command(Migrate):
    """Each migration is done whole or not at all, so a try goes on where the one before was broken off."""

    help = "Bring the database up to date, waiting for each table for a few seconds only, and trying again."

    def add_arguments(self, parser: CommandParser) -> None:
        """How long to wait, and how often to try."""
        super().add_arguments(parser)
        parser.add_argument("--lock-timeout", type=float, default=3.0, help="seconds to wait for a table at a time")
        parser.add_argument("--tries", type=int, default=60, help="how often to try before giving up")

    def handle(self, *args: Any, **options: Any) -> None:
        """Migrate. Raises CommandError when a table was in use at every try, or behind a pooler."""
        if settings.DATABASE_POOLER:
            # It waits for locks by what it says once to its session, and of that a pooler keeps nothing.
            raise CommandError(
                "Migrate on a connection of PostgreSQL itself: give this command DATABASE_POOLER=off, and a "
                "DATABASE_URL that does not lead to the pooler."
            )
        patience, tries = int(options.pop("lock_timeout") * 1000), options.pop("tries")
        connection = connections[options["database"]]
        for left in reversed(range(tries)):
            _wait_at_most(connection, patience)
            try:
                super().handle(*args, **options)
                return
            except OperationalError as error:
                if not isinstance(error.__cause__, LockNotAvailable):
                    raise
            finally:
                _wait_at_most(connection, 0)
            if left:
                self.stderr.write(f"A table is in use: trying again in {PAUSE_SECONDS:.0f} seconds ({left} tries left)")
                sleep(PAUSE_SECONDS)
        raise CommandError(
            "A table was in use at every try. What has been migrated stays; run it again when less is going on, or "
            "look for a long transaction in pg_stat_activity."
        )


def _wait_at_most(connection: Any, milliseconds: int) -> None:
    """Set how long this session waits for a lock; 0 is for ever, as ever."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('lock_timeout', %s, false)", [str(milliseconds)])
