"""For how long the links of a batch may work."""

from campaigns.models import Campaign
from core.wording import plural

SHORTEST, LONGEST = 1, 42
"""Days, as the database has it too."""


def reason_against(campaign: Campaign, days: int) -> str:
    """Why links may not work for so many days, as a sentence for staff; empty when they may."""
    if not SHORTEST <= days <= LONGEST:
        return f"Choose {SHORTEST} to {LONGEST} days"
    last = max(campaign.reminder_days, default=0)
    if last >= days:
        return (
            f"Your last reminder goes {plural(last, 'day')} after the invitation. "
            f"Choose {last + 1} days or more, or change the reminders first"
        )
    return ""
