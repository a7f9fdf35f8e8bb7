"""What a list says against texting a patient: has died, has left, does not agree (contact#died-or-left)."""

import pytest

from patients.columns.known import Column
from patients.reasons import Reason
from patients.values.contact_rules import STANDING

DECEASED, LEFT, REFUSED = Reason.DECEASED, Reason.LEFT, Reason.REFUSED_TEXTS


@pytest.mark.parametrize(
    ("column", "written", "reason"),
    [
        *(
            (Column.DECEASED, alive, None)
            for alive in ("", " - ", "No", "N", "false", "0", "ALIVE", "Not deceased", "N/A")
        ),
        *(
            (Column.DECEASED, died, DECEASED)
            for died in ("Yes", "Y", "1", "TRUE", "01-Feb-2020", "Deceased", "†", "RIP", "R.I.P.", "43831")
        ),
        *((Column.REGISTRATION, died, DECEASED) for died in ("Deceased", "DIED", "dead", "Deducted - Death")),
        *(
            (Column.REGISTRATION, left, LEFT)
            for left in (
                *("Deducted", "Left", "Left practice", "Deregistered", "De-registered", "INACTIVE", "Not registered"),
                *("Transferred out", "No", "n", "false", "No longer registered", "Deducted: moved away"),
                *(
                    "No - left 2019",
                    "Patient left",
                    "GMS (left 01/02/2020)",
                    "Not currently registered",
                    "Former patient",
                ),
            )
        ),
        *(
            (Column.REGISTRATION, here, None)
            for here in (
                "",
                "Registered",
                "Current",
                "Fully registered",
                "GMS",
                "Yes",
                "Temporary",
                "Active",
                "N/A",
                "Not left",
            )
        ),
        *(
            (Column.TEXT_CONSENT, no, REFUSED)
            for no in (
                *(
                    "No",
                    "N",
                    "Refused",
                    "Dissent",
                    "Declined",
                    "Consent withdrawn",
                    "FALSE",
                    "Do not text",
                    "Don't send",
                ),
                *("No consent", "Express dissent", "Patient declines", "Opted out", "0", "No - do not contact"),
                *("No - prefers letter", "No thanks", "N - letter only", "No (email only)", "Consent not given"),
                *("Consent withheld", "Not consenting"),
            )
        ),
        *(
            (Column.TEXT_CONSENT, yes, None)
            for yes in (
                *("", "Yes", "Y", "Consent given", "True", "Not recorded", "No dissent recorded", "Unknown", "N/A"),
                *("No objection", "No response recorded"),
            )
        ),
    ],
)
def test_what_a_cell_says(column: Column, written: str, reason: Reason | None) -> None:
    assert STANDING[column](written) == reason


@pytest.mark.parametrize("column", STANDING)
def test_a_cell_without_end_ends(column: Column) -> None:
    STANDING[column]("no " * 40_000)
