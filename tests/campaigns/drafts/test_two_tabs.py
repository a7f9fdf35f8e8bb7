"""Two tabs, or two people, on one draft: what was saved meanwhile is not written over unseen, and nothing is lost."""

import re
from typing import Any

import pytest

from campaigns.models import CodeKind, SnomedCode
from practices.models import AuditEvent, Practice
from tests.campaigns.wizard import DECLINE, MESSAGE, Wizard, goes_to
from tests.factories import make_code
from tests.html import check_page

pytestmark = pytest.mark.django_db

OTHERS = "If you say no, we will not write again this year."
MINE = "Say no, and you hear no more of this."


def opened(wizard: Wizard, step: str) -> str:
    """The version in the form of a step's page, as a tab has it that was opened now."""
    html = wizard.client.get(wizard.address(step)).content.decode()
    (version,) = re.findall(r'name="version" value="([0-9a-f]{16})"', html)
    return str(version)


def decline(wizard: Wizard, words: str, version: str) -> Any:
    code = SnomedCode.objects.filter(kind=CodeKind.DECLINE).first() or make_code(CodeKind.DECLINE)
    return wizard.answer("decline", allow="yes", message=words, code=code.concept_id, version=version)


@pytest.fixture
def at_decline(wizard: Wizard, connected: Practice) -> Wizard:
    wizard.begin()
    wizard.answer("slot-type", slot_type="Flu clinic")
    wizard.message()
    return wizard


@pytest.mark.hazard("H-18.1")
def test_a_stale_page_is_not_saved_and_shows_both(at_decline: Wizard) -> None:
    first, second = opened(at_decline, "decline"), opened(at_decline, "decline")
    assert goes_to(decline(at_decline, OTHERS, first), at_decline.address("upload"))
    response = decline(at_decline, MINE, second)
    assert response.status_code == 409
    page = check_page(response)
    assert "changed while you worked on it" in page.title
    assert OTHERS in page.text
    assert MINE in page.text
    assert at_decline.campaign.decline_message == OTHERS
    assert AuditEvent.objects.filter(action="campaign.decline").count() == 1


def test_what_was_entered_can_be_saved_all_the_same(at_decline: Wizard) -> None:
    stale = opened(at_decline, "decline")
    decline(at_decline, OTHERS, opened(at_decline, "decline"))
    html = decline(at_decline, MINE, stale).content.decode()
    sent = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', html))
    assert sent["message"] == MINE
    assert goes_to(at_decline.client.post(at_decline.address("decline"), sent), at_decline.address("upload"))
    assert at_decline.campaign.decline_message == MINE


def test_another_step_disturbs_nobody(at_decline: Wizard) -> None:
    version = opened(at_decline, "decline")
    at_decline.message()
    assert goes_to(decline(at_decline, DECLINE, version), at_decline.address("upload"))


def test_a_page_with_an_error_stays_what_it_was_made_from(at_decline: Wizard) -> None:
    stale = opened(at_decline, "decline")
    decline(at_decline, OTHERS, opened(at_decline, "decline"))
    wrong = decline(at_decline, "x" * 600, stale)
    assert f'name="version" value="{stale}"' in wrong.content.decode()


@pytest.mark.parametrize("step", ["slot-type", "message", "decline"])
def test_every_step_has_one(at_decline: Wizard, step: str) -> None:
    version = opened(at_decline, step)
    assert version == opened(at_decline, step)


def test_the_message_too(at_decline: Wizard) -> None:
    stale = opened(at_decline, "message")
    at_decline.message(f"{MESSAGE} Bring your list.", version=stale)
    response = at_decline.message(f"{MESSAGE} Wear short sleeves.", version=stale)
    assert response.status_code == 409
    page = check_page(response)
    assert "Bring your list." in page.text
    assert "Wear short sleeves." in page.text
