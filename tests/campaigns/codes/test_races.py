"""Two people at the same code at the same time: each race is first shown to do harm with its guard off."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Barrier, BrokenBarrierError
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection

from campaigns.codes import services as codes
from campaigns.codes import sharing
from campaigns.codes.services import CannotApprove
from campaigns.models import SnomedCode
from practices.models import AuditEvent, Role, User
from tests.campaigns.own_codes import CONCEPT, Surgery, approve, load_release
from tests.factories import make_staff
from tests.resilience.races.guards import meeting
from tests.threads import at_once
from tests.waiting import PATIENCE

pytestmark = pytest.mark.django_db(transaction=True)


def _read(code_id: str) -> SnomedCode | None:
    """What `codes._locked` gives, without its lock."""
    return SnomedCode.objects.select_related("practice", "proposed_by").filter(pk=code_id).first()


@pytest.mark.parametrize("guarded", [False, True])
def test_two_managers_approve_at_once(ours: Surgery, monkeypatch: pytest.MonkeyPatch, guarded: bool) -> None:
    load_release()
    code, managers = ours.asks(), [ours.manager, make_staff(ours.practice, Role.MANAGER)]
    if not guarded:
        monkeypatch.setattr(codes, "_locked", meeting(_read, 2))
    seen = codes.fingerprint(code)

    def press(by: User) -> Callable[[], SnomedCode]:
        return lambda: codes.approve(code_id=code.pk, seen=seen, by=by)

    assert all(done.is_usable for done in at_once(*map(press, managers)))
    assert AuditEvent.objects.filter(action="code.approved").count() == (1 if guarded else 2)


@pytest.mark.parametrize("guarded", [False, True])
def test_one_approves_what_another_turns_down(ours: Surgery, monkeypatch: pytest.MonkeyPatch, guarded: bool) -> None:
    load_release()
    code = ours.asks()
    if not guarded:
        monkeypatch.setattr(codes, "_locked", meeting(_read, 2))

    def attempt(act: Callable[[], object]) -> Callable[[], bool]:
        def done() -> bool:
            try:
                act()
            except CannotApprove:
                return False
            return True

        return done

    both = at_once(
        attempt(lambda: codes.turn_down(code_id=code.pk, by=ours.sender)),
        attempt(lambda: approve(code, ours.manager)),
    )
    assert sum(both) == (1 if guarded else 2)


@contextmanager
def without_the_constraint() -> Iterator[None]:
    constraint = next(item for item in SnomedCode._meta.constraints if item.name == "code_of_a_practice_once")
    with connection.schema_editor() as editor:
        editor.remove_constraint(SnomedCode, constraint)
    try:
        yield
    finally:
        SnomedCode.objects.all().delete()
        with connection.schema_editor() as editor:
            editor.add_constraint(SnomedCode, constraint)


@pytest.mark.parametrize("guarded", [False, True])
def test_two_ask_for_one_concept_at_once(ours: Surgery, monkeypatch: pytest.MonkeyPatch, guarded: bool) -> None:
    barrier, check = Barrier(2), SnomedCode.full_clean

    def checked(self: SnomedCode, *args: Any, **kwargs: Any) -> None:
        check(self, *args, **kwargs)
        try:
            barrier.wait(PATIENCE)
        except BrokenBarrierError:
            barrier.reset()

    monkeypatch.setattr(SnomedCode, "full_clean", checked)

    def ask() -> str:
        try:
            ours.asks()
        except ValidationError as error:
            return str(error.messages[0])
        return ""

    if guarded:
        assert sorted(at_once(ask, times=2)) == ["", "Somebody has just asked for this code."]
        assert SnomedCode.objects.count() == AuditEvent.objects.filter(action="code.added").count() == 1
    else:
        with without_the_constraint():
            assert at_once(ask, times=2) == ["", ""]
            assert SnomedCode.objects.count() == 2


def test_two_administrators_share_at_once(ours: Surgery, administrator: User) -> None:
    load_release()
    code, other = ours.has(), make_staff(ours.practice, is_staff=True)
    seen = codes.fingerprint(code)

    def share(by: User) -> Callable[[], str]:
        def done() -> str:
            try:
                sharing.share(code_id=code.pk, seen=seen, by=by)
            except CannotApprove as refusal:
                return refusal.reason
            return ""

        return done

    assert sorted(at_once(share(administrator), share(other))) == ["", f"All practices have {CONCEPT} already."]
    assert AuditEvent.objects.filter(action="code.shared").count() == 1
