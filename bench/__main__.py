"""`python -m bench [--quick] [part ...]`: measure all parts, or some of them. Fails when a promise is broken."""

import argparse
import os
import subprocess
import sys
from importlib import import_module

from bench.engines import ROOT, running

PARTS = ("checking", "storing", "memory", "sending", "booking", "workspace", "sweeps", "equality", "capacity", "fuzz")
_MODULES = {part: f"bench.{part}.measure" for part in ("sending", "booking", "capacity")}
_APART = ("capacity",)
"""Takes an hour: measured when it is asked for by name."""
_FUZZ_SECONDS = 60


def main() -> int:
    """Run what the command line asks for; 1 when a promise was not kept."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="part", help=", ".join(PARTS))
    parser.add_argument(
        "--quick", action="store_true", help="smaller lists and fewer rounds: a look, not a measurement"
    )
    asked = parser.parse_args()
    if unknown := set(asked.parts).difference(PARTS):
        parser.error(f"no such part: {', '.join(unknown)}")
    results = []
    with running():
        for part in asked.parts or [part for part in PARTS if part not in _APART]:
            if part == "fuzz":
                results.append(_fuzz(10 if asked.quick else _FUZZ_SECONDS))
            else:
                results.append(import_module(_MODULES.get(part, f"bench.{part}")).run(quick=asked.quick))
    print("\nEvery promise was kept." if all(results) else "\nA promise was broken: see above.")
    return 0 if all(results) else 1


def _fuzz(seconds: int) -> bool:
    """Fuzz the list reader in a process of its own, since the fuzzer ends its process."""
    print(f"\nFuzzing the list reader for {seconds} s", flush=True)
    command = [sys.executable, "-m", "bench.fuzz_lists", "--seconds", str(seconds)]
    return subprocess.run(command, cwd=ROOT, env=os.environ).returncode == 0  # noqa: S603 - our own words


if __name__ == "__main__":
    sys.exit(main())
