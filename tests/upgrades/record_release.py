"""Write `former_release.json`: this release's columns, and rows as it writes them. Run it as a release is made:

.venv/bin/python -m pytest -o python_files=record_release.py tests/upgrades
"""

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from psycopg.sql import SQL, Identifier

from booking.appointments import services
from booking.slots import offered as slots
from integrations.models import ChannelConnection, NotifyConnection
from integrations.models.states import CodeState, MessageState
from tests.booking.conftest import sandbox, sandbox_server, surgery
from tests.booking.surgery import Patient, Surgery
from tests.factories import make_campaign, make_coded_entry, make_message, make_staff

__all__ = ["sandbox", "sandbox_server", "surgery"]  # fixtures

ROOT = Path(__file__).resolve().parents[2]
ROOMS = {"practices", "integrations", "patients", "campaigns", "booking"}
MOST_ROWS = 40
COLUMNS = """
SELECT column_name, data_type, character_maximum_length, is_nullable = 'YES',
    column_default IS NOT NULL OR is_identity = 'YES', is_generated = 'ALWAYS'
FROM information_schema.columns WHERE table_schema = 'public' AND table_name = %s ORDER BY ordinal_position
"""


@pytest.mark.django_db
def test_record(surgery: Surgery) -> None:
    play(surgery)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    tables = {
        model._meta.db_table: recorded(model._meta.db_table)
        for model in apps.get_models()
        if model._meta.app_label in ROOMS
    }
    write(project["version"], tables)


def play(practice: Surgery) -> None:
    """A little of everything that becomes rows: connections, patients who book, choose and decline, texts and codes."""
    practice.session(count=6)
    keys = dict.fromkeys(["api_key", "key_id", "private_key", "application_id"], "x")
    NotifyConnection.objects.create(practice=practice.practice, text_after_hours=24, **keys)
    ChannelConnection.objects.create(
        practice=practice.practice, account_sid="AC" + "0" * 32, auth_token="made-up", sender="ExampleGP"
    )
    make_campaign(practice.practice, make_staff(practice.practice))
    booked, choosing, declined = (practice.invite() for _ in range(3))
    practice.booked(booked)
    services.hold(invitation_id=choosing.id, slot=slots.available(choosing)[0])
    Patient(declined).identified("decline").client.post("/b/decline/", {})
    text = make_message(choosing, state=MessageState.DELIVERED, due_at=None)
    make_message(declined)
    make_coded_entry(choosing, text)
    make_coded_entry(booked, state=CodeState.FILED, due_at=None)


def recorded(table: str) -> dict[str, Any]:
    """A table's columns, each with its type, whether it may be empty and has a default; and some of its rows."""
    with connection.cursor() as cursor:
        cursor.execute(COLUMNS, [table])
        described = cursor.fetchall()
        columns = {
            name: [f"{kind}({length})" if length else kind, empty, default]
            for name, kind, length, empty, default, _ in described
        }
        made = {name for name, *_, generated in described if generated}
        cursor.execute(
            SQL("SELECT row_to_json(stored)::text FROM {} stored LIMIT {}").format(Identifier(table), MOST_ROWS)
        )
        return {"columns": columns, "rows": [without(made, row) for (row,) in cursor.fetchall()]}


def without(names: set[str], row: str) -> dict[str, Any]:
    """A row without what the database makes by itself, which nobody may write."""
    return {name: value for name, value in json.loads(row).items() if name not in names}


def write(version: str, tables: dict[str, Any]) -> None:
    """One line a table, in an order in which rows can go in: those that others refer to first."""
    lines = ",\n".join(f"{json.dumps(table)}: {json.dumps(content)}" for table, content in tables.items())
    text = f'{{"version": "{version}", "tables": {{\n{lines}\n}}}}\n'
    (Path(__file__).parent / "former_release.json").write_text(text, encoding="utf-8")
