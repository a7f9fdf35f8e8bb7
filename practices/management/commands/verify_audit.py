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
        verdict = sealing.verify(options["head"])
        self.stdout.write(f"{verdict.sealed} events hold. {verdict.unsealed} not sealed yet. Head: {verdict.head}")
        if verdict.broken:
            raise CommandError(verdict.broken)
        if verdict.late:
            raise CommandError(
                f"{verdict.late} events without a seal are older than sealed ones: they were slipped in."
            )
