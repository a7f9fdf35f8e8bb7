"""Load the terms of a SNOMED CT release, so that staff can search them for codes."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from campaigns.codes.rf2.files import NotRf2
from campaigns.codes.rf2.loading import Report, load


class Command(BaseCommand):
    """Safe to run again: the terms are then as the release has them. A run that fails changes nothing."""

    help = "Load the active concepts of a SNOMED CT release (RF2 snapshot: a folder, or the zip as downloaded)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take `path`, the release as a folder or as the zip it came in."""
        parser.add_argument("path", type=Path, help="the release's folder or zip file")

    def handle(self, *args: Any, path: Path, **options: Any) -> None:
        """Load, and say what changed."""
        try:
            report = load(path)
        except (NotRf2, OSError) as refusal:
            raise CommandError(f"{refusal} Nothing has been changed.") from None
        for line in _lines(report):
            self.stdout.write(line)


def _lines(report: Report) -> list[str]:
    lines = [
        f"Release of {report.effective_date:%-d %B %Y}: {report.rows:,} rows read.",
        f"{report.terms:,} active concepts.",
        f"{report.added:,} added, {report.changed:,} changed, {report.removed:,} removed.",
    ]
    if report.without_preferred:
        lines.append(f"{report.without_preferred:,} have no preferred British term and go by their full name.")
    if report.gone:
        lines.append(f"Codes in use that are not active in this release: {', '.join(report.gone)}. Look at each.")
    return lines
