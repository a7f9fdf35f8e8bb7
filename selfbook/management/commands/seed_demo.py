"""Fill a demo stack with two made-up practices, and write sample patient lists."""

import os
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from selfbook.demo import samples, seeding
from selfbook.demo.sizes import PATIENTS


class Command(BaseCommand):
    """Needs the stack's sandbox to be running. Safe to run again: it adds what is missing."""

    help = "Fill a demo stack with made-up practices, staff, slots and sample lists. Never for real data."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Where to put the sample lists, and where the sandbox answers."""
        parser.add_argument("folder", type=Path, help="the stack's folder")
        parser.add_argument("--patients", type=int, default=PATIENTS, help="for each practice")
        parser.add_argument(
            "--sandbox-url", default=os.environ.get("SANDBOX_URL", ""), help="where the sandbox answers"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Seed the database, the sandbox, and write the lists."""
        if settings.PRODUCTION:
            raise CommandError("This is production: made-up people have no place here.")
        seeding.seed_database(options["sandbox_url"])
        seeding.seed_sandbox(options["sandbox_url"], options["folder"] / "filled-until", options["patients"])
        samples.write_all(options["folder"] / "lists")
