"""Ready plans for the NHS Health Check (recalls#nhs-health-check) and cervical screening (recalls#cervical-screening).

No code that says just this was published in two places, so they have none. Nobody declines screening by a link: who
wants no more invitations must hear first what that means, and tell the programme.
"""

from campaigns.models.states import AfterLast
from campaigns.sequences.ready.definitions import ReadyInvitation, ReadyPlan, Rule

HEALTH_CHECK = ReadyPlan(
    key="health-check",
    name="NHS Health Check",
    appointment_name="NHS Health Check",
    invitations=(
        ReadyInvitation(
            "Dear {name}, you can now book a free NHS Health Check at {practice}. Choose a time: {link} Or phone us."
        ),
        ReadyInvitation(
            "Dear {name}, your free NHS Health Check at {practice} is due. Book a time: {link} Or phone us.",
            gap_days=15,
            working_days=True,
        ),
        ReadyInvitation(
            "Dear {name}, {practice} has not heard from you. Please book your NHS Health Check: {link} Or phone us.",
            gap_days=15,
            working_days=True,
        ),
    ),
    rule=Rule(
        sentence="Offer a check once in five years to eligible patients aged 40 to 74. The gaps and texts are ours.",
        source="The Local Authorities (Public Health Functions) Regulations 2013, regulation 4; Office for Health "
        "Improvement and Disparities, NHS Health Check best practice guidance",
    ),
    link_days=28,
    after_last=AfterLast.LETTER,
)

CERVICAL = ReadyPlan(
    key="cervical",
    name="Cervical screening",
    appointment_name="cervical screening",
    invitations=(
        ReadyInvitation(
            "Dear {name}, your routine appointment with a nurse at {practice} is due. Book here: {link} Or phone us."
        ),
        ReadyInvitation(
            "Dear {name}, you can still book your routine appointment with a nurse at {practice}: {link} Or phone us.",
            gap_days=28,
        ),
    ),
    rule=Rule(
        sentence="Only for patients who have had the national invitation and reminder and have not responded.",
        source="GOV.UK, Cervical screening: guidance for call and recall administration best practice, 2021",
    ),
    link_days=42,
    after_last=AfterLast.CALL,
)
