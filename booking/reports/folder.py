"""Reports that a practice's system leaves in a folder each day: REPORTS_FOLDER/<ODS code>/*.csv and *.xlsx.

A file is read once nobody has written to it for a minute, and deleted as soon as its rows are stored: it is full of
patients. One that cannot be used is renamed, so that it is not read again, and staff see why on the page of reports.
"""

import logging
import os
from collections.abc import Iterator
from pathlib import Path
from stat import S_ISREG
from time import time

from django.conf import settings

from booking.models import ReportSource
from booking.reports import services
from patients.tables.faults import FileFault
from practices.models import Practice

logger = logging.getLogger(__name__)

SETTLED = 60
"""Seconds since a file was last written to: what is younger may not be whole yet."""

REFUSED = ".refused"
"""What the name of a file ends with that could not be used."""

_ENDINGS = (".csv", ".xlsx", ".txt")


def read_all() -> int:
    """Read what has come for any practice; how many files were stored. Nothing where no folder is set."""
    if not settings.REPORTS_FOLDER:
        return 0
    folder = Path(settings.REPORTS_FOLDER)
    return sum(_read_of(practice, folder / practice.ods_code) for practice in Practice.objects.order_by("id"))


def _read_of(practice: Practice, folder: Path) -> int:
    """Read one practice's files. What the operating system refuses is logged, and tried again the next time."""
    stored = 0
    try:
        for path in _settled(folder):
            stored += _read(practice, path)
    except OSError as error:
        facts = {"practice_id": str(practice.id), "error": type(error).__name__}
        logger.error("reports of appointments cannot be read from their folder", extra=facts)
    return stored


def _settled(folder: Path) -> Iterator[Path]:
    """The folder's own files that nobody writes to any more, in the order of their names; no links to elsewhere."""
    if not folder.is_dir() or folder.is_symlink():
        return
    for path in sorted(folder.iterdir()):
        if path.suffix.lower() in _ENDINGS and not path.name.startswith((".", "~")):
            facts = path.lstat()
            if S_ISREG(facts.st_mode) and time() - facts.st_mtime >= SETTLED:
                yield path


def _read(practice: Practice, path: Path) -> bool:
    """Store one file and delete it, or put it aside; whether it was stored. Another worker may have been faster."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    except FileNotFoundError:
        return False
    with os.fdopen(descriptor, "rb") as file:
        try:
            services.store(practice=practice, file=file, name=path.name, source=ReportSource.FOLDER, by=None)
        except FileFault as fault:
            path.rename(path.with_name(path.name + REFUSED))
            services.refuse(practice=practice, name=path.name, fault=fault)
            return False
    path.unlink(missing_ok=True)
    return True
