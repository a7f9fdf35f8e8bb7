"""Fills a new stack: practices, staff, connections, the catalogue; and the stand-ins' books."""

from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
from django.db import transaction
from django.utils import timezone

from campaigns.codes import catalogue
from campaigns.models import SnomedCode
from integrations.connections import incoming_url
from integrations.models import ChannelConnection, ClinicalConnection
from practices.models import Membership, Practice, Role, User
from selfbook.demo import notify
from selfbook.demo.practices import (
    BOTH,
    PASSWORD,
    DemoPractice,
    sandbox_patient,
    sandbox_practice,
    sessions,
)
from selfbook.demo.sizes import WEEKS

ASID_FROM, ASID_TO = "200000000359", "200000000999"
ADMINISTRATOR = "admin@selfbook.example"


@transaction.atomic
def seed_database(sandbox_url: str) -> bool:
    """Practices, staff of each role, connections, templates and codes. False when they are there already.

    The stand-ins' address may change from one start to the next: connections always get the present one.
    """
    catalogue.load()
    new = not Practice.objects.exists()
    if new:
        User.objects.create_superuser(ADMINISTRATOR, PASSWORD, given_name="Alex", family_name="Admin")
    for demo in BOTH:
        practice, _ = Practice.objects.get_or_create(
            ods_code=demo.ods_code,
            defaults={
                "name": demo.name,
                "phone": demo.phone,
                "address": demo.address,
                "clinical_system": demo.system.key,
            },
        )
        _connect(practice, demo, sandbox_url)
        if new:
            _staff(practice, demo)
    return new


def staff_logins(demo: DemoPractice) -> dict[Role, str]:
    """The email address of the staff member of each role."""
    return {role: f"{role.value}@{demo.mail}.example" for role in Role}


def _staff(practice: Practice, demo: DemoPractice) -> None:
    names = {Role.VIEWER: ("Vera", "Hughes"), Role.SENDER: ("Rita", "Shaw"), Role.MANAGER: ("Marcus", "Obi")}
    for role, email in staff_logins(demo).items():
        given, family = names[role]
        user = User.objects.create_user(email, PASSWORD, given_name=given, family_name=family)
        Membership.objects.create(user=user, practice=practice, role=role)


def _connect(practice: Practice, demo: DemoPractice, sandbox_url: str) -> None:
    ClinicalConnection.objects.update_or_create(
        practice=practice,
        defaults={
            "gp_connect_url": f"{sandbox_url}/gpconnect/{demo.ods_code}/STU3/1/gpconnect",
            "asid_from": ASID_FROM,
            "asid_to": ASID_TO,
            "gateway_url": f"{sandbox_url}/gateway/{demo.ods_code}",
            "gateway_token": demo.gateway_token,
        },
    )
    ChannelConnection.objects.update_or_create(
        practice=practice,
        defaults={
            "account_sid": demo.account_sid,
            "auth_token": demo.auth_token,
            "sender": "+447700900999",
            "base_url": f"{sandbox_url}/twilio",
            "fragment_price": Decimal("2.5"),
        },
    )
    notify.connect(practice, demo, sandbox_url)


def seed_sandbox(sandbox_url: str, marker: Path, patients: int) -> None:
    """The stand-ins' books: people once, and appointment books always 12 weeks ahead.

    `marker` remembers up to which day the books are filled. `patients` is the number for each practice.
    """
    today = timezone.localdate()
    last = today + timedelta(weeks=WEEKS)
    filled = date.fromisoformat(marker.read_text()) if marker.exists() else None
    seed: dict[str, list[dict[str, Any]]] = {"practices": [], "patients": []}
    if filled is None:
        codes = [
            {"scheme": scheme, "value": value}
            for scheme, value in SnomedCode.objects.exclude(emis_code="").values_list("emis_scheme", "emis_code")
        ]
        seed["practices"] = [sandbox_practice(demo, codes) for demo in BOTH]
        seed["patients"] = [
            sandbox_patient(demo, place, person) for demo in BOTH for place, person in enumerate(demo.people(patients))
        ]
        seed["app_users"] = [user for demo in BOTH for user in notify.app_users(demo, patients)]
        seed["accounts"] = [{"sid": demo.account_sid, "token": demo.auth_token} for demo in BOTH]
    # The web server's port may have changed since the last start.
    connections = ChannelConnection.objects.filter(account_sid__in=[demo.account_sid for demo in BOTH])
    seed_incoming = {connection.account_sid: incoming_url(connection) for connection in connections}
    first = max(today, filled + timedelta(days=1)) if filled else today
    seed["notify_clients"] = notify.clients()
    seed["sessions"] = [session for demo in BOTH for session in sessions(demo, first, last)]
    answer = httpx.post(f"{sandbox_url}/__control/seed", json={**seed, "incoming": seed_incoming}, timeout=60)
    answer.raise_for_status()
    marker.write_text(last.isoformat())
