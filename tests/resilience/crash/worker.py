"""Celery's own command line over the product, in a hurry, and able to die at a named point.

`python -m tests.resilience.crash.worker worker --concurrency 2 ...` or `... beat ...`. The product has no hooks for
this: its functions are wrapped here. In the environment, `CRASH_AT` names a point of `points` and how often it is
passed before, such as `after claim:1`; `CLOCK` has the rate and the beginning of the clock that all processes go by.
"""

import os
import sys

import django


def main() -> None:
    """Set up the product, change what has to be changed, and hand over to Celery."""
    django.setup()
    from selfbook.celery import app
    from tests.resilience.crash import points
    from tests.resilience.crash.hurry import hurry

    app.loader.import_default_modules()
    hurry(app, os.environ["CLOCK"])
    if where := os.environ.get("CRASH_AT"):
        points.arm(*where.rsplit(":", 1))
    app.start(sys.argv[1:])


if __name__ == "__main__":
    main()
