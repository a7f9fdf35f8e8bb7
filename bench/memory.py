"""How much memory a worker needs for a list: a process of its own that checks and stores one, and tells its peak."""

import os
import re
import subprocess
import sys
from pathlib import Path
from uuid import UUID

from bench.engines import ROOT
from bench.timing import promise

_MOST_MEGABYTES, _MOST_GROWTH = 200, 15


def run(*, quick: bool = False) -> bool:
    """Measure, print, and say whether every promise was kept."""
    from bench import lists, storing  # here: the worker below imports this module before Django is set up

    print("\nPeak memory of a worker that checks and stores one list")
    sizes = (1_000, 20_000) if quick else (10_000, 100_000)
    peaks = []
    for rows in sizes:
        list_id = storing.upload(lists.systmone(rows))
        command = [sys.executable, "-m", "bench.memory", str(list_id)]
        output = subprocess.run(command, cwd=ROOT, env=os.environ, check=True, capture_output=True, text=True).stdout  # noqa: S603 - our own words
        before, peak = map(float, output.split())
        peaks.append(peak)
        print(f"  {rows:>8,} rows {peak:>8.1f} MB, of which {before:.1f} MB before the list")
        storing.forget()
    return all(
        [
            promise("MB for the longest list", max(peaks), at_most=_MOST_MEGABYTES),
            promise("MB more for the longest than for the shortest", peaks[-1] - peaks[0], at_most=_MOST_GROWTH),
        ]
    )


def _peak() -> float:
    """The most memory that this process has had, in megabytes, as Linux tells it.

    What getrusage tells counts the memory of the process that started this one.
    """
    status = Path("/proc/self/status").read_text()
    return int(re.findall(r"VmHWM:\s+(\d+) kB", status)[0]) / 1024


def _work(list_id: UUID) -> None:
    """What a Celery worker does with a list, with all that it has loaded by then."""
    import selfbook.celery

    selfbook.celery.app.loader.import_default_modules()
    from patients.lists.checking import check_list
    from patients.models import PatientList

    before = _peak()
    check_list(list_id)
    assert PatientList.objects.get(id=list_id).is_ready
    print(before, _peak())


if __name__ == "__main__":
    _work(UUID(sys.argv[1]))
