"""`manage.py verify_audit`: does the audit trail still say what it said when it was sealed?"""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from practices.audit import heads, sealing


class Command(BaseCommand):
    """Checks the whole chain and names the first event that was changed, removed or slipped in."""

    help = "Check the audit trail against its seals. Exits with 1, and says where, when it does not hold."

    def add_arguments(self, parser: CommandParser) -> None:
        """`--head`: a head that a log or an email kept, once or more; `--heads`: a file that has some."""
        parser.add_argument(
            "--head", action="append", default=[], help="A head that went out (NUMBER:DIGEST); the chain must have it."
        )
        parser.add_argument("--heads", type=Path, help="A log, or emails: the chain must have every head in it.")

    def _read(self, path: Path | None) -> list[str]:
        """The heads in a file; none without one. Raises CommandError for a file that cannot be read or has none."""
        if path is None:
            return []
        try:
            named = heads.in_text(path.read_text(errors="replace"))
        except OSError as error:
            raise CommandError(f"{path} cannot be read: {error.strerror}.") from None
        if not named:
            raise CommandError(f"{path} has no head in it. One looks like 120: and 64 digits and letters.")
        return named

    def handle(self, *args: Any, **options: Any) -> None:
        """Say what was found. Raises CommandError when the chain is broken."""
        wanted = [*options["head"], *self._read(options["heads"])]
        verdict = sealing.verify(*wanted)
        self.stdout.write(f"{verdict.sealed} events hold. {verdict.unsealed} not sealed yet. Head: {verdict.head}")
        if verdict.without_key and not wanted:
            self.stdout.write(
                f"{verdict.without_key} have seals without a key: only a head that went out bears them out (--heads)."
            )
        if verdict.broken:
            raise CommandError(verdict.broken)
        if verdict.late:
            raise CommandError(
                f"{verdict.late} events without a seal are older than sealed ones: they were slipped in."
            )
