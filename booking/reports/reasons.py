"""Why a row of a report, or one of its patients, is not reminded: codes, and their words for staff."""

from dataclasses import dataclass
from enum import StrEnum

from patients.reasons import Reason
from patients.reasons.explanations import EXPLANATIONS


class ReportReason(StrEnum):
    """The code of a reason that lists of patients do not have; stored with the row. Others are `Reason` values."""

    NO_MOMENT = "no_moment"
    PAST = "past"
    FAR_AHEAD = "far_ahead"
    NO_SLOT_TYPE = "no_slot_type"
    TWICE = "twice"
    EARLIER_REPORT = "earlier_report"
    SLIPPED = "slipped"


@dataclass(frozen=True, slots=True)
class ReasonWords:
    """A reason in words: a short title for counts, and the remedy; empty where there is nothing to do."""

    title: str
    remedy: str


_WORDS: dict[str, ReasonWords] = {
    ReportReason.NO_MOMENT: ReasonWords(
        "Date or time cannot be read",
        "Write the date as day, month and year, such as 30/11/2026, and the time such as 14:20. Upload the file again.",
    ),
    ReportReason.PAST: ReasonWords("The appointment is in the past", ""),
    ReportReason.FAR_AHEAD: ReasonWords("The appointment is more than a year ahead", "Check the date in your report."),
    ReportReason.NO_SLOT_TYPE: ReasonWords("No slot type", "Add the slot type to your report."),
    ReportReason.TWICE: ReasonWords("The appointment is in this report twice", ""),
    ReportReason.EARLIER_REPORT: ReasonWords("In an earlier report, and reminded by that", ""),
    ReportReason.SLIPPED: ReasonWords(
        "More cells than headings", "Export the report again and upload it without opening it in a spreadsheet."
    ),
    Reason.RECORD_NOT_FOUND: ReasonWords("No record for this NHS number in your clinical system", "Contact them."),
    Reason.OPTED_OUT: ReasonWords("The patient wants no texts", "Contact them in another way."),
}


def words_of(code: str) -> ReasonWords:
    """A reason's words, whoever gave it."""
    if code in _WORDS:
        return _WORDS[code]
    explanation = EXPLANATIONS[Reason(code)]
    return ReasonWords(explanation.title, explanation.remedy)
