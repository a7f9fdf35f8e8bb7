"""The whole product on this machine, with made-up people, until Ctrl-C."""

import os
import shlex
import sys
import threading
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from honcho.manager import Manager

from selfbook.demo import environment
from selfbook.demo.practices import BOTH, PASSWORD
from selfbook.demo.seeding import ADMINISTRATOR, staff_logins
from selfbook.demo.stack import ROOT, Stack, StackError


class Command(BaseCommand):
    """Starts everything in one folder; a second start keeps its data."""

    help = "Run the whole product here with made-up people, until Ctrl-C. Nothing is left running."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Where to keep the data."""
        parser.add_argument("--folder", type=Path, default=ROOT / ".selfbook" / "demo", help="where its data is kept")

    def handle(self, *args: Any, **options: Any) -> None:
        """Start, say where to go, wait for Ctrl-C, stop."""
        if settings.PRODUCTION:
            raise CommandError("This is production: the demo does not start here. Use `make demo`.")
        options["folder"].mkdir(parents=True, exist_ok=True)
        stack = Stack(options["folder"], environment.preferred)
        self.stdout.write("Starting…")
        try:
            stack.start_engines()
            manager = Manager()
            for name, command in stack.commands.items():
                manager.add_process(name, "exec " + shlex.join(command), env=stack.environment, cwd=str(ROOT))
            threading.Thread(target=self._welcome, args=(stack, manager), daemon=True).start()
            manager.loop()
        finally:
            stack.stop()
        self.stdout.write("Stopped. Nothing is left running.")
        sys.exit(0 if manager.returncode in (0, 130) else manager.returncode)

    def _welcome(self, stack: Stack, manager: Manager) -> None:
        try:
            stack.make_ready()
        except StackError as error:
            self.stderr.write(str(error))
            manager.terminate()
            return
        self.stdout.write(welcome(stack))
        self.stdout.flush()


def welcome(stack: Stack) -> str:
    """Where to go, who to be, and what to upload."""
    lists = sorted((stack.folder / "lists").glob("*.csv"))
    lines = [
        "",
        "Selfbook is running, with made-up people only.",
        "",
        f"  Staff            {stack.web_url}/",
        f"  Patients' phones {stack.sandbox_url}/phone/",
        f"  Admin            {stack.web_url}/admin/",
        "",
        f"Log in with the password  {PASSWORD}",
        "",
    ]
    for demo in BOTH:
        lines.append(f"  {demo.name} ({demo.system.name})")
        lines += [f"    {role.label:<9} {email}" for role, email in staff_logins(demo).items()]
    lines += [f"  Administrator {ADMINISTRATOR}", "", "Patient lists to upload:"]
    lines += [f"  {os.path.relpath(file)}" for file in lists]
    lines += ["", "Patients are asked for their date of birth. Who has which phone, and theirs:"]
    lines += [f"  {os.path.relpath(stack.folder / 'who-is-who.csv')}"]
    lines += ["", "Press Ctrl-C to stop. The data is kept for the next start.", ""]
    return "\n".join(lines)
