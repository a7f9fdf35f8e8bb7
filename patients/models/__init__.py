"""The room's models: patient lists, their rows, what else stands in their files, and opt-outs."""

from patients.models.list_contents import ColumnQuestion, ColumnQuestionQuerySet, OtherKind, OtherRow
from patients.models.lists import ListState, PatientList, PatientListQuerySet, Pause, UploadedPart
from patients.models.opt_outs import OptOut, OptOutQuerySet, OptOutSource
from patients.models.recipients import Recipient, RecipientQuerySet, Verdict

__all__ = [
    "ColumnQuestion",
    "ColumnQuestionQuerySet",
    "ListState",
    "OptOut",
    "OptOutQuerySet",
    "OptOutSource",
    "OtherKind",
    "OtherRow",
    "PatientList",
    "PatientListQuerySet",
    "Pause",
    "Recipient",
    "RecipientQuerySet",
    "UploadedPart",
    "Verdict",
]
