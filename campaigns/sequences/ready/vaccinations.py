"""Ready plans for vaccinations (recalls#vaccinations)."""

from campaigns.models.states import AfterLast
from campaigns.sequences.ready.definitions import ReadyInvitation, ReadyPlan, Rule

_SEASONAL = Rule(
    sentence="Call and recall every eligible patient, with one written offer at least. The gaps are ours.",
    source="NHS England, Enhanced service specification, adult influenza and COVID-19 vaccination, 2025/26",
)

_COVID_CODES = ("1240781000000106",)

FLU = ReadyPlan(
    key="flu",
    name="Flu vaccination",
    appointment_name="flu vaccination",
    invitations=(
        ReadyInvitation(
            "Dear {name}, you can now book your flu vaccination at {practice}. Choose a time: {link} Or phone us."
        ),
        ReadyInvitation(
            "Dear {name}, you can still book your flu vaccination at {practice}. Choose a time: {link} Or phone us.",
            gap_days=14,
        ),
        ReadyInvitation(
            "Dear {name}, {practice} has not heard from you. Please book your flu vaccination: {link} Or phone us.",
            gap_days=14,
        ),
    ),
    rule=_SEASONAL,
    link_days=21,
    after_last=AfterLast.CALL,
    decline="If you do not want a flu vaccination, we will not invite you to book one again this year. "
    "You can still phone us if you change your mind.",
    decline_code="315640000",
)

COVID = ReadyPlan(
    key="covid",
    name="COVID-19 vaccination",
    appointment_name="COVID-19 vaccination",
    invitations=(
        ReadyInvitation(
            "Dear {name}, you can now book your COVID-19 vaccination at {practice}. Choose a time: {link} Or phone us.",
            _COVID_CODES,
        ),
        ReadyInvitation(
            "Dear {name}, you can still book a COVID-19 vaccination at {practice}. Choose a time: {link} Or phone us.",
            _COVID_CODES,
            gap_days=14,
        ),
    ),
    rule=_SEASONAL,
    link_days=21,
    after_last=AfterLast.CALL,
    decline="If you do not want this COVID-19 vaccination, we will not invite you to book it again this season. "
    "You can still phone us if you change your mind.",
    decline_code="1324721000000108",
)
