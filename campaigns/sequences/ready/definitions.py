"""What a ready plan is made of: its invitations, and the rule that it keeps."""

from dataclasses import dataclass

from campaigns.models.states import AfterLast


@dataclass(frozen=True, slots=True)
class Rule:
    """What a public source asks of a plan, in a sentence for staff; the source and its year.

    `least_gap`: days at least between two invitations; `least_invitations`: how many of the practice's own it takes.
    """

    sentence: str
    source: str
    least_gap: int = 1
    least_invitations: int = 1


@dataclass(frozen=True, slots=True)
class ReadyInvitation:
    """What an invitation says, the ids of its codes, and how many days after the one before it goes."""

    message: str
    codes: tuple[str, ...] = ()
    gap_days: int = 0
    working_days: bool = False


@dataclass(frozen=True, slots=True)
class ReadyPlan:
    """A plan by its key: names for staff and patients, its invitations, and what goes with them.

    A code is named only where one is known that says exactly this, and was published in two places at least
    (snomed-ct#shipped-codes). Without a `decline` message patients cannot decline through their link.
    """

    key: str
    name: str
    appointment_name: str
    invitations: tuple[ReadyInvitation, ...]
    rule: Rule
    link_days: int
    after_last: AfterLast
    decline: str = ""
    decline_code: str = ""
