"""The product through PgBouncer in transaction mode: fewer sessions than threads, and nothing is lost between them."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from uuid import UUID, uuid4

import pytest
from django.db import connection, transaction
from pytest_django import Settings

from campaigns.models import Campaign
from core.database import copy_in, whole_sets
from core.web.exports import in_one_snapshot
from integrations.models.outbox import Message, Purpose
from integrations.outbox.messages import claiming
from practices.audit import sealing, trail
from practices.holds import services as holds
from practices.models import AuditSeal
from selfbook.database import server
from tests.factories import make_campaign, make_practice, make_staff
from tests.selfbook.database.conftest import Alter
from tests.selfbook.database.pgbouncer import PROGRAM, pgbouncer

pytestmark = pytest.mark.skipif(not PROGRAM, reason="PgBouncer is not installed")

THREADS = 6
TURNS = 5
SESSIONS = 2


@pytest.fixture
def through_pooler(
    role: str, connect_as: Callable[..., None], settings: Settings, tmp_path: Path
) -> Iterator[Callable[..., None]]:
    """Begin anew through a pooler with two sessions, with these values of DATABASES, as production would."""
    tmp_path.chmod(0o755)
    socket = connection.get_connection_params()["host"]
    with pgbouncer(tmp_path, socket, role, sessions=SESSIONS) as port:

        def begin(**values: object) -> None:
            settings.DATABASE_POOLER = bool(values.get("DISABLE_SERVER_SIDE_CURSORS"))
            connect_as(HOST="127.0.0.1", PORT=str(port), USER="anybody", **values)

        yield begin
        connect_as()


def test_it_is_known_and_must_be_named(through_pooler: Callable[..., None]) -> None:
    through_pooler()
    seen = server.look()
    assert seen
    assert seen.behind_pooler
    assert ["DATABASE_POOLER=on" in fault for fault in server.faults()] == [True]
    through_pooler(DISABLE_SERVER_SIDE_CURSORS=True)
    assert list(server.faults()) == []


def test_an_option_of_the_start_is_refused_in_words_that_help(through_pooler: Callable[..., None]) -> None:
    through_pooler(OPTIONS={"options": "-c synchronous_commit=on"})
    assert ["DATABASE_POOLER=on" in fault for fault in server.faults()] == [True]


def test_the_role_s_commits_last_there_too(through_pooler: Callable[..., None], alter: Alter) -> None:
    alter("SET synchronous_commit = off")
    through_pooler(DISABLE_SERVER_SIDE_CURSORS=True)
    assert ["SET synchronous_commit = on" in fault for fault in server.faults()] == [True]


def test_more_threads_than_sessions_do_all_that_the_product_does(through_pooler: Callable[..., None]) -> None:
    campaign = make_campaign(started=True)
    practice, staff = campaign.practice, make_staff(campaign.practice)
    through_pooler(
        DISABLE_SERVER_SIDE_CURSORS=True,
        OPTIONS={"pool": {"min_size": 0, "max_size": THREADS + 1, "timeout": 10}},
    )
    together = Barrier(THREADS)

    def work(number: int) -> tuple[list[UUID], list[UUID], str]:
        together.wait()
        claimed = []
        try:
            for _ in range(TURNS):
                with transaction.atomic():
                    copy_in([_text(campaign, number)])
                with whole_sets():
                    Message.objects.filter(practice=practice).count()
                trail.record("campaign.sent", practice=practice, actor=staff)
                sealing.seal()
                claimed += [row.id for row in claiming.take(practice, limit=1).rows]
            rows = Message.objects.filter(fragments=number + 1).iterator(chunk_size=2)
            written = list(in_one_snapshot(lambda: (str(row.id) for row in rows)))
            with connection.cursor() as cursor:
                cursor.execute("SELECT current_setting('TimeZone'), current_setting('enable_nestloop')")
                zone, nested = cursor.fetchone()
            assert nested == "on", "what one transaction asked for is not the next one's"
            return [UUID(key) for key in written], claimed, zone
        finally:
            connection.close()

    with ThreadPoolExecutor(THREADS) as pool:
        done = list(pool.map(work, range(THREADS)))
    assert [len(set(written)) for written, _, _ in done] == [TURNS] * THREADS
    claimed = [key for _, keys, _ in done for key in keys]
    assert len(claimed) == len(set(claimed)) > 0, "none is two threads'"
    assert {zone for _, _, zone in done} == {"UTC"}
    while sealing.seal():
        pass
    assert AuditSeal.objects.count() >= THREADS * TURNS
    assert not sealing.verify().broken


def test_a_hold_waits_for_claims_there_too(through_pooler: Callable[..., None]) -> None:
    """Its lock is the transaction's: one of a session would stay with whoever gets that session next."""
    make_practice()
    through_pooler(DISABLE_SERVER_SIDE_CURSORS=True)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock_shared(%s)", [holds.LOCK])
    with connection.cursor() as cursor:
        here = "(SELECT oid FROM pg_database WHERE datname = current_database())"  # other tests lock in theirs
        cursor.execute(f"SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND database = {here}")
        assert cursor.fetchone() == (0,)


def _text(campaign: Campaign, number: int) -> Message:
    """A due text, known by its length as that thread's."""
    return Message(
        practice=campaign.practice,
        campaign_id=campaign.id,
        subject_id=uuid4(),
        purpose=Purpose.INVITATION,
        to="+447700900001",
        body="Dear Asha, please book: {link}",
        fragments=number + 1,
    )
