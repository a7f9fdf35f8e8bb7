"""The codes of the reasons for which a row cannot be sent, and which of them belong together."""

from enum import StrEnum

from patients.columns.known import Column


class Reason(StrEnum):
    """The code of one reason; stored with the row."""

    NHS_NUMBER_MISSING = "nhs_number_missing"
    NHS_NUMBER_CHARACTERS = "nhs_number_characters"
    NHS_NUMBER_LENGTH = "nhs_number_length"
    NHS_NUMBER_CHECK = "nhs_number_check"
    NHS_NUMBER_SAME_DIGITS = "nhs_number_same_digits"
    NHS_NUMBER_SPREADSHEET = "nhs_number_spreadsheet"
    MOBILE_MISSING = "mobile_missing"
    MOBILE_CHARACTERS = "mobile_characters"
    MOBILE_SPREADSHEET = "mobile_spreadsheet"
    MOBILE_TOO_SHORT = "mobile_too_short"
    MOBILE_TOO_LONG = "mobile_too_long"
    MOBILE_LANDLINE = "mobile_landline"
    MOBILE_PERSONAL_NUMBER = "mobile_personal_number"
    MOBILE_NOT_UK = "mobile_not_uk"
    MOBILE_PREMIUM = "mobile_premium"
    MOBILE_ISLAND = "mobile_island"
    MOBILE_NOT_A_MOBILE = "mobile_not_a_mobile"
    MOBILE_INVALID = "mobile_invalid"
    BIRTH_MISSING = "birth_missing"
    BIRTH_UNREADABLE = "birth_unreadable"
    BIRTH_SERIAL = "birth_serial"
    BIRTH_IMPOSSIBLE = "birth_impossible"
    BIRTH_FUTURE = "birth_future"
    BIRTH_AMBIGUOUS = "birth_ambiguous"
    BIRTH_TOO_OLD = "birth_too_old"
    UNDER_AGE = "under_age"
    DECEASED = "deceased"
    LEFT = "left"
    REFUSED_TEXTS = "refused_texts"
    DECEASED_UNCLEAR = "deceased_unclear"
    REGISTRATION_UNCLEAR = "registration_unclear"
    CONSENT_UNCLEAR = "consent_unclear"
    COLUMN_UNANSWERED = "column_unanswered"
    LEFT_OUT = "left_out"
    NAME_DECEASED = "name_deceased"
    NAME_LEFT = "name_left"
    NAME_NO_CONTACT = "name_no_contact"
    NAME_NOT_IN_USE = "name_not_in_use"
    DUPLICATE = "duplicate"
    CONFLICT_BIRTH = "conflict_birth"
    CONFLICT_MOBILE = "conflict_mobile"
    CONFLICT_NAME = "conflict_name"
    ROW_UNREADABLE = "row_unreadable"
    ROW_TOO_LONG = "row_too_long"
    RECORD_NOT_FOUND = "record_not_found"
    RECORD_SEVERAL = "record_several"
    RECORD_NUMBER_REFUSED = "record_number_refused"
    RECORD_NO_MOBILE = "record_no_mobile"
    RECORD_BAD_MOBILE = "record_bad_mobile"
    RECORD_NO_BIRTH = "record_no_birth"
    RECORD_BIRTH_DIFFERS = "record_birth_differs"
    RECORD_NAME_DIFFERS = "record_name_differs"
    RECORD_OTHER_NUMBER = "record_other_number"
    RECORD_MOBILE_DIFFERS = "record_mobile_differs"
    RECORD_UNREADABLE = "record_unreadable"
    OPTED_OUT = "opted_out"
    LIKELY_TO_FAIL = "likely_to_fail"
    ALREADY_INVITED = "already_invited"
    ALREADY_BOOKED = "already_booked"


CHOICES = frozenset((Reason.ALREADY_INVITED, Reason.ALREADY_BOOKED))
"""Reasons that staff may set aside: the patient is left out unless they say otherwise."""

NAME_MARKS = frozenset((Reason.NAME_DECEASED, Reason.NAME_LEFT, Reason.NAME_NO_CONTACT, Reason.NAME_NOT_IN_USE))
"""Reasons that stand in the patient's name (`marks`)."""

NOTHING_TO_DO = frozenset(
    (Reason.DUPLICATE, Reason.DECEASED, Reason.LEFT, Reason.NAME_DECEASED, Reason.NAME_LEFT, *CHOICES)
)
"""Reasons after which nobody has to be contacted in another way."""

IN_DOUBT = frozenset((Reason.RECORD_BIRTH_DIFFERS, Reason.RECORD_NAME_DIFFERS, Reason.RECORD_OTHER_NUMBER))
"""The NHS number may be another patient's, and so what is known by it: somebody must look, whatever else there is."""

_COLUMN_BY_START = {
    "nhs_number": Column.NHS_NUMBER,
    "mobile": Column.MOBILE,
    "birth": Column.DATE_OF_BIRTH,
    Reason.UNDER_AGE: Column.DATE_OF_BIRTH,
}


def column_of(reason: str) -> Column | None:
    """The column that a reason is about; None when it is about the whole row, or about what is elsewhere.

    Reasons that several columns may give are not among them: which of them does is seen in the row.
    """
    return next((column for start, column in _COLUMN_BY_START.items() if reason.startswith(start)), None)
