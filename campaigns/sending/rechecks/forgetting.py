"""A batch becomes a draft again: what was looked up for it is looked up anew when it is sent."""

from campaigns.models import Campaign
from campaigns.models.rechecks import CheckRun, RecordCheck
from patients.lists import screening


def forget(campaign: Campaign) -> None:
    """Forget a locked batch's looks, and their claim. Who must not be texted stays held back, with the reason.

    Whom the practice has booked is found anew: the draft may be given another slot type.
    """
    CheckRun.objects.filter(campaign=campaign).delete()
    RecordCheck.objects.filter(campaign=campaign).delete()
    if campaign.patient_list is not None:
        screening.screen(campaign.patient_list)
