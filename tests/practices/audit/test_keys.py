"""The key over the chain, and the heads that go out: a chain that was made anew as a whole is told from a good one."""

import hashlib
from io import StringIO
from pathlib import Path

import pytest
from django.core import mail
from django.core.management import CommandError, call_command
from pytest_django.fixtures import Settings

from practices.audit import heads, keys, sealing
from practices.audit import trail as audit
from practices.models import AuditEvent, AuditSeal
from practices.tasks import send_audit_head
from tests.practices.audit.test_sealing import as_an_intruder, write

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _keys(settings: Settings) -> None:
    settings.AUDIT_KEYS = ["a made-up key for the audit trail, the first"]


def make_anew(key_name: str = keys.NO_KEY, key: bytes | None = None) -> None:
    """What somebody with every right in the database, and a key of their own or none, could do to the whole chain."""
    with as_an_intruder():
        AuditSeal.objects.all().delete()
    digest = sealing.START
    for number, event in enumerate(AuditEvent.objects.order_by("id"), 1):
        digest = keys.link(key, digest, sealing.canonical(event))
        AuditSeal.objects.create(number=number, event_id=event.id, digest=digest, key_name=key_name)


def test_seals_from_before_there_were_keys_still_hold() -> None:
    write(3)
    make_anew()
    (first,) = AuditSeal.objects.filter(number=1)
    event = AuditEvent.objects.get(id=first.event_id)
    assert bytes(first.digest) == hashlib.sha256(sealing.START + sealing.canonical(event)).digest()
    write(2)
    assert sealing.seal() == 2
    result = sealing.verify()
    assert (result.sealed, result.without_key, result.broken) == (5, 3, "")
    output = StringIO()
    call_command("verify_audit", stdout=output)
    assert "3 have seals without a key" in output.getvalue()


def test_a_seal_without_a_key_after_one_with_a_key_is_somebody_elses() -> None:
    write(2)
    sealing.seal()
    audit.record("campaign.sent", practice=None, actor=None)
    event = AuditEvent.objects.latest("id")
    number, digest = sealing.last()
    digest = keys.link(None, digest, sealing.canonical(event))
    AuditSeal.objects.create(number=number + 1, event_id=event.id, digest=digest)
    assert sealing.verify().broken.startswith("Seal 3 was made without a key")


@pytest.mark.hazard("H-19.4")
def test_who_has_no_key_cannot_change_an_event_and_seal_it_again() -> None:
    ids = write(3)
    sealing.seal()
    with as_an_intruder():
        AuditEvent.objects.filter(id=ids[0]).update(action="campaign.paused")
    name, _ = keys.current()
    make_anew(name, b"a guess")
    assert sealing.verify().broken.startswith(f"Event {ids[0]} is not what was sealed")


@pytest.mark.hazard("H-19.4")
def test_a_chain_that_was_made_anew_without_a_key_lacks_the_heads_that_went_out(tmp_path: Path) -> None:
    ids = write(3)
    sealing.seal()
    log = tmp_path / "log"
    log.write_text(f'{{"message": "audit trail head of the day", "head": "{heads.send()}"}}\n')
    call_command("verify_audit", heads=log, stdout=StringIO())
    with as_an_intruder():
        AuditEvent.objects.filter(id=ids[0]).update(action="campaign.paused")
    make_anew()
    with pytest.raises(CommandError, match="does not have the head 3:"):
        call_command("verify_audit", heads=log, stdout=StringIO())


def test_former_keys_are_still_good_for_what_they_sealed(settings: Settings) -> None:
    former = settings.AUDIT_KEYS
    write(2)
    sealing.seal()
    settings.AUDIT_KEYS = ["a made-up key for the audit trail, the next", *former]
    write(1)
    sealing.seal()
    assert sealing.verify().sealed == 3
    assert not sealing.verify().broken
    assert AuditSeal.objects.values("key_name").distinct().count() == 2
    settings.AUDIT_KEYS = settings.AUDIT_KEYS[:1]
    assert "Add the former key to AUDIT_KEYS" in sealing.verify().broken


def test_without_keys_of_its_own_the_secret_key_makes_one(settings: Settings) -> None:
    settings.AUDIT_KEYS = []
    write(1)
    sealing.seal()
    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "another made-up secret key"
    assert not sealing.verify().broken


def test_the_head_goes_out_once_a_day(settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
    send_audit_head()
    assert not mail.outbox, "nothing is sealed yet"
    settings.AUDIT_HEAD_TO = ["keeper@example.org"]
    write(2)
    sealing.seal()
    with caplog.at_level("INFO", logger="practices.audit.heads"):
        send_audit_head()
    (sent,) = mail.outbox
    assert sent.to == ["keeper@example.org"]
    assert heads.in_text(str(sent.body)) == [sealing.verify().head]
    assert caplog.records[-1].head == sealing.verify().head  # type: ignore[attr-defined] # an extra of the record


def test_only_heads_are_read_out_of_a_text(tmp_path: Path) -> None:
    head = "12:" + "ab" * 32
    assert heads.in_text(f'"{head}" {head}\n12:{"ab" * 31} 7:{"ab" * 33}') == [head]
    empty = tmp_path / "empty"
    empty.write_text("nothing")
    with pytest.raises(CommandError, match="has no head in it"):
        call_command("verify_audit", heads=empty)
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("verify_audit", heads=tmp_path / "none")
