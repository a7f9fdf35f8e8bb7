"""Writes sample patient lists, laid out as each clinical system lays out its own."""

import csv
from collections.abc import Iterable
from typing import TextIO

from integrations.clinical.registry import profile_of
from integrations.clinical.samples import SampleRow


def write_sample(*, system: str, rows: Iterable[SampleRow], file: TextIO) -> None:
    """Write rows as one system exports them; open the file with newline="". Raises KeyError for no such system."""
    sample = profile_of(system).sample
    writer = csv.writer(file, lineterminator="\r\n")
    writer.writerow(sample)
    writer.writerows([written(row) for written in sample.values()] for row in rows)
