"""Ready plans for the yearly reviews of long-term conditions (recalls#yearly-reviews).

The texts name no condition: anyone may see the phone. The decline message and the appointment's name are shown after
the date of birth only.
"""

from campaigns.models.states import AfterLast
from campaigns.sequences.ready.definitions import ReadyInvitation, ReadyPlan, Rule

_QOF = Rule(
    sentence="Two invitations at least 7 days apart, before a patient counts as not having responded.",
    source="NHS England, Quality and Outcomes Framework guidance, 2023/24, personalised care adjustment",
    least_gap=7,
    least_invitations=2,
)

_NO_MORE = "Keep taking your medicines. Phone us if you change your mind."


def _invitations(what: str, codes: tuple[str, str, str]) -> tuple[ReadyInvitation, ...]:
    """The three invitations to a review that texts call `what`, each with its code."""
    first, second, third = codes
    return (
        ReadyInvitation(
            f"Dear {{name}}, please book {what} at {{practice}}. Choose a time: {{link}} Or phone us.", (first,)
        ),
        ReadyInvitation(
            f"Dear {{name}}, you can still book {what} at {{practice}}. Choose a time: {{link}} Or phone us.",
            (second,),
            gap_days=14,
        ),
        ReadyInvitation(
            f"Dear {{name}}, {{practice}} has not heard from you. Please book {what}: {{link}} Or phone us.",
            (third,),
            gap_days=21,
        ),
    )


ASTHMA = ReadyPlan(
    key="asthma",
    name="Asthma review",
    appointment_name="asthma review",
    invitations=_invitations(
        "your yearly check with a nurse", ("959401000000101", "959421000000105", "959441000000103")
    ),
    rule=_QOF,
    link_days=28,
    after_last=AfterLast.CALL,
    decline=f"If you do not want your asthma review, we will not invite you to book it again this year. {_NO_MORE}",
    decline_code="763221007",
)

COPD = ReadyPlan(
    key="copd",
    name="COPD review",
    appointment_name="COPD review",
    invitations=_invitations(
        "your yearly check with a nurse", ("1066821000000101", "1066841000000108", "1066851000000106")
    ),
    rule=_QOF,
    link_days=28,
    after_last=AfterLast.CALL,
)

DIABETES = ReadyPlan(
    key="diabetes",
    name="Diabetes review",
    appointment_name="diabetes review",
    invitations=_invitations("your yearly check", ("1066911000000100", "1066921000000106", "1066931000000108")),
    rule=_QOF,
    link_days=28,
    after_last=AfterLast.CALL,
    decline=f"If you do not want your diabetes review, we will not invite you to book it again this year. {_NO_MORE}",
    decline_code="185754009",
)

HYPERTENSION = ReadyPlan(
    key="hypertension",
    name="Hypertension review",
    appointment_name="blood pressure check",
    invitations=_invitations("your short yearly check", ("1066951000000101", "1066961000000103", "1066971000000105")),
    rule=_QOF,
    link_days=28,
    after_last=AfterLast.LETTER,
    decline=f"If you do not want your blood pressure check, we will not invite you to book it again this year. "
    f"{_NO_MORE}",
    decline_code="413123006",
)
