"""`manage.py verify_audit`: does the audit trail still say what it said when it was sealed?"""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from practices.audit import sealing


class Command(BaseCommand):
    """Checks the whole chain and names the first event that was changed, removed or slipped in."""

    help = "Check the audit trail against its seals. Exits with 1, and says where, when it does not hold."

    def add_arguments(self, parser: CommandParser) -> None:
        """`--head`: a head that a log kept."""
        parser.add_argument("--head", default="", help="A head from the log (NUMBER:DIGEST) that the chain must have.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Say what was found. Raises CommandError when the chain is broken."""
        found = sealing.verify(options["head"])
        self.stdout.write(f"{found.sealed} events hold. {found.unsealed} not sealed yet. Head: {found.head}")
        if found.broken:
            raise CommandError(found.broken)
        if found.late:
            raise CommandError(f"{found.late} events without a seal are older than sealed ones: they were slipped in.")
