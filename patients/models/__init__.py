"""The room's models: patient lists, their rows, what else stands in their files, and opt-outs."""

from patients.models.erased_opt_outs import ErasedOptOut
from patients.models.list_contents import ColumnQuestion, ColumnQuestionQuerySet, OtherKind, OtherRow
from patients.models.lists import ListState, PatientList, PatientListQuerySet, Pause, UploadedPart
from patients.models.opt_outs import OptOut, OptOutQuerySet, OptOutSource
from patients.models.recipients import Recipient, RecipientQuerySet, Verdict
from patients.models.requests import PatientRequest, RequestKind, RequestState

__all__ = [
    "ColumnQuestion",
    "ColumnQuestionQuerySet",
    "ErasedOptOut",
    "ListState",
    "OptOut",
    "OptOutQuerySet",
    "OptOutSource",
    "OtherKind",
    "OtherRow",
    "PatientList",
    "PatientListQuerySet",
    "PatientRequest",
    "Pause",
    "Recipient",
    "RecipientQuerySet",
    "RequestKind",
    "RequestState",
    "UploadedPart",
    "Verdict",
]
