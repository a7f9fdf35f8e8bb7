"""The main job without hands: a stack of its own, robots for staff and patients, and a comparison of all books."""

import shutil
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from selfbook.demo.stack import ROOT, Stack


class Command(BaseCommand):
    """Starts a fresh stack, runs the rehearsal on it in a process of its own, and stops the stack."""

    help = "Run a whole batch by robots over HTTP, print the funnel, and fail unless all the books agree."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """How many patients, and where to keep the stack."""
        parser.add_argument("size", type=int, nargs="?", default=500, help="patients in all, half at each practice")
        parser.add_argument("--seed", type=int, help="what the patients of the paced batch are drawn by")
        parser.add_argument(
            "--folder", type=Path, default=ROOT / ".selfbook" / "rehearsal", help="where its data is kept"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Start, rehearse, stop; the exit status says whether the books agree."""
        if settings.PRODUCTION:
            raise CommandError("This is production: rehearsals are for made-up people.")
        if options["size"] < 2:
            raise CommandError("Two patients or more: one at each practice.")
        shutil.rmtree(options["folder"], ignore_errors=True)
        options["folder"].mkdir(parents=True)
        stack = Stack(options["folder"], patients=(options["size"] + 1) // 2, settings={"UNDO_SECONDS": "0"})
        good = False
        try:
            stack.start_engines()
            stack.start()
            seed = [] if options["seed"] is None else ["--seed", str(options["seed"])]
            good = stack.try_manage("run_robots", str(options["size"]), str(stack.folder / "lists"), *seed)
        finally:
            stack.stop()
        sys.exit(0 if good else 1)
