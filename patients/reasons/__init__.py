"""Why a row cannot be sent: a code for each reason, stored with the row, and its words."""

from patients.reasons.codes import CHOICES, IN_DOUBT, NAME_MARKS, NOTHING_TO_DO, Reason, column_of
from patients.reasons.explanations import EXPLANATIONS, NO_NAMES, Explanation, explain

__all__ = [
    "CHOICES",
    "EXPLANATIONS",
    "IN_DOUBT",
    "NAME_MARKS",
    "NOTHING_TO_DO",
    "NO_NAMES",
    "Explanation",
    "Reason",
    "column_of",
    "explain",
]
