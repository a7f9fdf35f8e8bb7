"""Let the robots loose on a running stack, and print what they saw. `rehearse` starts the stack and calls this."""

import os
import secrets
import sys
from argparse import ArgumentParser
from pathlib import Path
from time import monotonic
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from selfbook.rehearsal.paced import PATIENTS, TIMES, PacedReport
from selfbook.rehearsal.run import Report, rehearse


class Command(BaseCommand):
    """Works on the stack whose environment it is run in."""

    help = "Send batches by robots on the running stack, and check that all the books agree."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """How many patients, and where to write their lists."""
        parser.add_argument("size", type=int, help="patients in all, half at each practice")
        parser.add_argument("folder", type=Path, help="the stack's folder")
        parser.add_argument("--seed", type=int, default=None, help="what the patients of the paced batch are drawn by")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run, print, and say by the exit status whether all is well."""
        began = monotonic()
        seed = options["seed"] if options["seed"] is not None else secrets.randbelow(10_000)
        urls = settings.PUBLIC_BASE_URL, os.environ["SANDBOX_URL"]
        reports, paced = rehearse(*urls, options["folder"], options["size"], seed=seed)
        for report in reports:
            self.stdout.write(_summarise(report))
        self.stdout.write(_summarise_paced(paced, seed))
        good = all(report.is_good for report in reports) and paced.is_good
        verdict = "All books agree." if good else "THE BOOKS DO NOT AGREE."
        self.stdout.write(f"\n{verdict} {options['size']} patients in {monotonic() - began:.1f} seconds.")
        sys.exit(0 if good else 1)


def _summarise(report: Report) -> str:
    now = report.numbers
    figures = [
        ("rows", now.rows),
        ("can be sent", now.can),
        ("cannot be sent", now.cannot),
        *((f"  {title}", count) for title, count in report.reasons),
        *((f"  since the check: {change}", count) for change, count in report.late),
        ("sent", now.sent),
        ("delivered", now.delivered),
        ("failed", now.failed),
        ("opened", now.opened),
        ("booked", now.booked),
        ("declined", now.declined),
        ("records changed since the check", report.changed),
        ("codes filed", now.codes_filed),
        ("codes to file by hand", now.codes_by_hand),
    ]
    practice = report.batch.practice
    lines = [f"\n{practice.name} ({practice.system.name})"]
    lines += [f"  {name:<44}{count:>7,}" for name, count in figures]
    lines += ["  How the patients ended:"]
    lines += [f"    {ending:<42}{count:>7,}" for ending, count in report.endings.most_common()]
    lines += ["  Seconds:"]
    lines += [f"    {part:<42}{taken:>7.1f}" for part, taken in report.batch.seconds.items()]
    lines += [f"  DISAGREES: {sentence}" for sentence in report.disagreements]
    return "\n".join(lines)


def _summarise_paced(report: PacedReport, seed: int) -> str:
    came = report.booked + report.turned_away
    figures = [
        ("times", TIMES),
        ("patients on the list", PATIENTS),
        ("days, which went by at once", report.days),
        ("invited", report.invited),
        ("booked", report.booked),
        ("found every time gone", report.turned_away),
    ]
    lines = [
        f"\nInviting as appointments last: {report.uptake:.0%} come, which the product does not know (seed {seed})"
    ]
    lines += [f"  {name:<44}{count:>7,}" for name, count in figures]
    lines += [f"  {'of those who came, without a time':<44}{report.turned_away / max(came, 1):>7.0%}"]
    lines += [f"  {'seconds':<44}{report.seconds:>7.1f}"]
    lines += [f"  DISAGREES: {sentence}" for sentence in report.disagreements]
    return "\n".join(lines)
