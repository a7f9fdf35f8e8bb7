"""Fuzzes the reader and the checks of patient lists, guided by coverage; needs no database.

Property: whatever the bytes are, they are refused with a FileFault, or every row gets one verdict, in order, within a
bounded time. Run it by itself:

    python -m bench.fuzz_lists --seconds 60

It starts from the sample files of the tests. It ends with 1, and keeps the bytes, when the property is broken.
Atheris runs inputs through patients' modules that it has instrumented, so they are imported in its way.
"""

import argparse
import io
import os
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable
from datetime import date
from pathlib import Path
from random import Random

import atheris

ROOT = Path(__file__).resolve().parent.parent
SAMPLES = ROOT / "tests" / "patients" / "corpus"
CORPUS = ROOT / ".selfbook" / "fuzz"
LONGEST_INPUT = 8 * 1024
SLOWEST_SECONDS = 5
MOST_BYTES, MOST_ROWS = 1_000_000, 2_000
MOST_UNPACKED = 256 * 1024
"""Small, so that what takes long is a finding and no big workbook: time is bounded by this size."""

TODAY = date(2026, 6, 15)


def set_up_django() -> None:
    """The settings that the reader asks for; nothing is connected to."""
    os.environ.setdefault("SELFBOOK_ENV", "test")
    os.environ.setdefault("SECRET_KEY", "fuzzing")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "selfbook.settings")
    import django
    from django.conf import settings

    django.setup()
    settings.WORKBOOK_MAX_BYTES = MOST_UNPACKED


def checker() -> Callable[[bytes, str], None]:
    """Import what is fuzzed, instrumented, and return the property."""
    with atheris.instrument_imports(include=["patients"], enable_loader_override=False):
        set_up_django()
        from patients.checks.rows import ListCheck, Rules
        from patients.files.reader import glance, open_table
        from patients.models import Verdict
        from patients.tables.faults import FileFault

    def check(data: bytes, system: str) -> None:
        rules = Rules(
            system=system,
            today=TODAY,
            allow_test_numbers=True,
            allow_islands=False,
            text_from_age=16,
            needs_record=system == "emis",
        )
        try:
            glance(io.BytesIO(data), system=system, most_bytes=MOST_BYTES)
            with open_table(io.BytesIO(data), system=system, most_bytes=MOST_BYTES, most_rows=MOST_ROWS) as table:
                numbers = []
                for row in ListCheck(rules).check_table(table):
                    assert (row.verdict == Verdict.CANNOT) == bool(row.reasons), "a row has one verdict"
                    numbers.append(row.row_number)
                assert numbers == sorted(set(numbers)), "rows come once, in order"
                others = {row.number for row in table.other_rows if not row.sheet}
                assert others.isdisjoint(numbers), "a row is a patient's, or it is not"
                assert table.account.patients == len(numbers), "every row is accounted for"
        except FileFault:
            return

    return check


def in_time(check: Callable[[bytes, str], None], data: bytes) -> None:
    """The property, for both systems."""
    began = time.process_time()
    for system in ("emis", "systmone"):
        check(data, system)
    assert time.process_time() - began < SLOWEST_SECONDS, "an answer comes in time"


def mutate(data: bytes, most: int, seed: int) -> bytes:
    """Change a text as a fuzzer does; of a workbook one of its parts, so that the zip around it stays whole."""
    chance = Random(seed)  # noqa: S311 - mutations, not secrets
    if chance.random() < 0.2:
        return bytes(atheris.Mutate(data, most))
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = {info.filename: archive.read(info) for info in archive.infolist() if info.file_size < MOST_BYTES}
        name = chance.choice(sorted(parts))
        parts[name] = bytes(atheris.Mutate(parts[name], len(parts[name]) + 100))
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            for part, content in parts.items():
                archive.writestr(part, content)
        return file.getvalue() if len(file.getvalue()) <= most else data
    except Exception:
        # Whatever is no whole zip is changed as text.
        return bytes(atheris.Mutate(data, most))


def main() -> None:
    """Fuzz for some time. libFuzzer ends the process itself: with 0 when the time is up, with 77 on a finding."""
    parser = argparse.ArgumentParser(description="Fuzz the reader of patient lists.")
    parser.add_argument("--seconds", type=int, default=60, help="for how long")
    parser.add_argument("--keep", type=Path, default=Path(tempfile.gettempdir()), help="folder for what breaks it")
    arguments = parser.parse_args()
    check = checker()
    # The checks make their tables of phone numbers when they need them first.
    check((SAMPLES / "mobiles-good.csv").read_bytes(), "systmone")
    CORPUS.mkdir(parents=True, exist_ok=True)
    atheris.Setup(
        [
            sys.argv[0],
            f"-max_total_time={arguments.seconds}",
            f"-max_len={LONGEST_INPUT}",
            f"-timeout={SLOWEST_SECONDS * 12}",
            "-rss_limit_mb=1024",
            f"-artifact_prefix={arguments.keep}/fuzz-lists-",
            # New inputs are kept in the first folder, so that the next run goes on from there.
            str(CORPUS),
            str(SAMPLES),
        ],
        lambda data: in_time(check, data),
        custom_mutator=mutate,
    )
    atheris.Fuzz()


if __name__ == "__main__":
    main()
