"""For how many days the links of a batch work: chosen by staff, and what the batch then does."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from campaigns.drafts import services
from campaigns.drafts.readiness import CannotSend
from campaigns.models import Campaign, Invitation
from campaigns.sending import issuing
from practices.models import Practice
from tests.campaigns.wizard import Wizard, errors, goes_to
from tests.factories import make_campaign

pytestmark = pytest.mark.django_db


@pytest.fixture
def drafting(wizard: Wizard, practice: Practice) -> Wizard:
    return wizard.of(make_campaign(practice, wizard.staff, rows=2))


def test_the_summary_leads_there_and_says_what_was_chosen(drafting: Wizard) -> None:
    assert "Links work for 7 days" in " ".join(drafting.see("summary").text.split())
    assert "How long should each link work?" in drafting.see("link-life").title
    assert goes_to(drafting.answer("link-life", days=28), drafting.address("summary"))
    assert "Links work for 28 days" in " ".join(drafting.see("summary").text.split())


@pytest.mark.parametrize("days", ["", "0", "43", "-1", "1.5", "a week", "\u0662\u0663x"])
def test_other_numbers_are_refused_in_words(drafting: Wizard, days: str) -> None:
    answer = drafting.answer("link-life", days=days)
    assert "Enter a whole number of days from 1 to 42" in errors(answer)
    assert drafting.campaign.link_lifetime_days == 7


def test_a_reminder_never_comes_after_the_link(drafting: Wizard) -> None:
    services.choose_reminders(campaign=drafting.campaign, days=[2, 5], by=drafting.staff)
    assert "Choose 6 days or more, or change the reminders first" in errors(drafting.answer("link-life", days=5))
    with pytest.raises(CannotSend):
        services.choose_link_life(campaign=drafting.campaign, days=5, by=drafting.staff)
    services.choose_link_life(campaign=drafting.campaign, days=20, by=drafting.staff)
    services.choose_reminders(campaign=drafting.campaign, days=[7, 14], by=drafting.staff)
    assert drafting.campaign.reminder_days == [7, 14]


def test_the_links_of_the_batch_have_it(drafting: Wizard, practice: Practice) -> None:
    batch = make_campaign(practice, drafting.staff, rows=1, started=True, state="starting", link_lifetime_days=21)
    issuing.issue(batch.id)
    ends = Invitation.objects.get(campaign=batch).expires_at
    assert abs(ends - timezone.now() - timedelta(days=21)) < timedelta(minutes=5)


def test_the_database_refuses_other_days(drafting: Wizard) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Campaign.objects.filter(id=drafting.campaign.id).update(link_lifetime_days=43)
