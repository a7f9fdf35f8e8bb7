"""Links are made from a key by its place: a key that is missing, or another in its place, stops the start."""

import io
from datetime import timedelta

import pytest
from django.core import checks
from django.core.management import call_command
from django.utils import timezone
from pytest_django import Settings

from campaigns.models import Invitation, InvitationState
from integrations.links import RETIRED, NoSuchKey, digest, newest_key_number, token_for
from selfbook.settings.safety import faults
from selfbook.settings.variables import read
from tests.factories import make_campaign, make_invitation

pytestmark = pytest.mark.django_db
NEW = "a-made-up-k3y-0f-M4ny-d1ff3rent-Signs"


def errors() -> list[checks.CheckMessage]:
    return [check for check in checks.run_checks() if check.id == "selfbook.E003"]


def invite(*, state: InvitationState = InvitationState.OPEN, days: int = 5) -> Invitation:
    """An invitation made with the newest key."""
    invitation = make_invitation(make_campaign())
    invitation.link_key, invitation.state = newest_key_number(), state
    invitation.token_digest = digest(token_for(invitation.id, key_number=invitation.link_key))
    invitation.expires_at = timezone.now() + timedelta(days=days)
    invitation.save()
    return invitation


def printed() -> str:
    out = io.StringIO()
    try:
        call_command("rotate_keys", stdout=out)
    except SystemExit as end:
        return out.getvalue() + f"exit {end.code}"
    return out.getvalue()


def test_a_key_in_front_changes_nothing(settings: Settings) -> None:
    invite()
    settings.LINK_KEYS = [NEW, *settings.LINK_KEYS]
    invite()
    assert errors() == []
    assert "key 1: 1 links in use\n  key 2: 1 links in use" in printed()


@pytest.mark.hazard("H-22.1")
def test_dropping_the_oldest_key_is_refused(settings: Settings) -> None:
    invite()
    settings.LINK_KEYS = [NEW, *settings.LINK_KEYS]
    invite()
    settings.LINK_KEYS = [NEW]
    first, second = errors()
    assert "1 links that are in use name key 0" in first.msg
    assert "1 links that are in use name key 1" in second.msg
    assert "each key in its place" in str(first.hint)
    assert NEW not in f"{first}{second}"
    assert "exit 1" in printed()


@pytest.mark.hazard("H-22.1")
def test_another_key_in_its_place_is_refused_even_when_it_has_made_links(settings: Settings) -> None:
    invite()
    settings.LINK_KEYS = [NEW]
    invite()
    (error,) = errors()
    assert "2 links that are in use name key 0" in error.msg
    assert "key 1: 2 links in use, of which 1 were made with another key" in printed()


@pytest.mark.parametrize(
    ("state", "days", "counts"),
    [
        (InvitationState.OPEN, -60, True),  # a new link may be asked for
        (InvitationState.BOOKED, -30, True),  # the reminder of its appointment has the link
        (InvitationState.OPEN, -100, False),
        (InvitationState.DECLINED, 5, False),
        (InvitationState.WITHDRAWN, 5, False),
    ],
)
def test_links_count_that_may_be_texted_yet(
    settings: Settings, state: InvitationState, days: int, counts: bool
) -> None:
    invite(state=state, days=days)
    settings.LINK_KEYS = [NEW]
    assert bool(errors()) is counts


def test_a_key_that_nothing_uses_is_retired_in_its_place(settings: Settings) -> None:
    old = invite()
    settings.LINK_KEYS = [NEW, *settings.LINK_KEYS]
    new = invite()
    Invitation.objects.filter(pk=old.pk).update(state=InvitationState.DECLINED)
    assert f"key 2 is not used any more: you may write {RETIRED} in its place" in printed()
    settings.LINK_KEYS = [NEW, RETIRED]
    assert errors() == []
    assert digest(token_for(new.id, key_number=1)) == new.token_digest
    assert "key 2 is retired" in printed()
    with pytest.raises(NoSuchKey):
        token_for(old.id, key_number=0)


def test_production_takes_a_retired_key_but_not_as_the_newest() -> None:
    values = read()
    assert not [fault for fault in faults({**values, "LINK_KEYS": [NEW, RETIRED]}) if "LINK_KEYS" in fault]
    assert [fault for fault in faults({**values, "LINK_KEYS": [RETIRED, NEW]}) if "LINK_KEYS begins" in fault]
