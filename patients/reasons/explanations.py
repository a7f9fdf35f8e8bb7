"""Each reason's words, defined once for every page, table and download.

The words are for a receptionist: what is wrong, in which column, and what to do about it.
"""

from dataclasses import dataclass

from django.conf import settings

from patients.reasons.codes import Reason


@dataclass(frozen=True, slots=True)
class Explanation:
    """A reason in words: a short title for counts, a sentence, the remedy, and where in the file it is.

    `where` names the column as the staff member's spreadsheet does, "Telecom number, column F"; it is empty when the
    reason is about no one column.
    """

    title: str
    sentence: str
    remedy: str
    where: str = ""


_CHECK_NUMBER = "Check the NHS number in the patient's record, correct it in your file and upload the file again."
_CHECK_MOBILE = "Check the number in the patient's record, correct it in your file and upload the file again."
_CHECK_BOTH = "Check both rows against the patients' records, correct them and upload the file again."
_EXPORT_AGAIN = "Export the list from your clinical system again and upload it without opening it in a spreadsheet."
_PHONE = "Contact this patient in another way."
_YES_OR_NO = "Write Yes or No in this column, and upload the file again."
_CHECK_BIRTH = (
    "Check the date of birth in the patient's record. Write it as day, month and year, such as 09/03/1958, "
    "and upload the file again."
)

EXPLANATIONS: dict[Reason, Explanation] = {
    Reason.NHS_NUMBER_MISSING: Explanation(
        "No NHS number", "The NHS number is empty.", "Add the NHS number and upload the file again."
    ),
    Reason.NHS_NUMBER_CHARACTERS: Explanation(
        "NHS number has letters or symbols",
        "The NHS number has something in it that is not a digit.",
        _CHECK_NUMBER,
    ),
    Reason.NHS_NUMBER_LENGTH: Explanation(
        "NHS number is not 10 digits", "The NHS number does not have 10 digits.", _CHECK_NUMBER
    ),
    Reason.NHS_NUMBER_CHECK: Explanation(
        "NHS number is mistyped",
        "This is not an NHS number: its last digit does not fit the others.",
        _CHECK_NUMBER,
    ),
    Reason.NHS_NUMBER_SAME_DIGITS: Explanation(
        "NHS number is one digit repeated", "This is a filler, not an NHS number.", _CHECK_NUMBER
    ),
    Reason.NHS_NUMBER_SPREADSHEET: Explanation(
        "NHS number damaged by a spreadsheet",
        "The spreadsheet has shortened the NHS number, as in 9.99E+09, and its digits are lost.",
        _EXPORT_AGAIN,
    ),
    Reason.MOBILE_MISSING: Explanation("No mobile number", "The mobile number is empty.", _PHONE),
    Reason.MOBILE_CHARACTERS: Explanation(
        "Mobile number has letters or symbols",
        "The mobile number has something in it that is not part of a phone number, such as the letter O for 0.",
        _CHECK_MOBILE,
    ),
    Reason.MOBILE_SPREADSHEET: Explanation(
        "Mobile number damaged by a spreadsheet",
        "The spreadsheet has shortened the mobile number, as in 4.477E+11, and its digits are lost.",
        _EXPORT_AGAIN,
    ),
    Reason.MOBILE_TOO_SHORT: Explanation(
        "Mobile number is too short", "The mobile number does not have enough digits.", _CHECK_MOBILE
    ),
    Reason.MOBILE_TOO_LONG: Explanation(
        "Mobile number is too long",
        "The mobile number has too many digits. There may be two numbers in one cell.",
        _CHECK_MOBILE,
    ),
    Reason.MOBILE_LANDLINE: Explanation(
        "Landline number", "This is a landline, which cannot get texts.", "Phone this patient, or add a mobile number."
    ),
    Reason.MOBILE_PERSONAL_NUMBER: Explanation(
        "070 number",
        "A number that starts 070 is a forwarding number, not a mobile. Texts to it are dear and may go astray.",
        _PHONE,
    ),
    Reason.MOBILE_NOT_UK: Explanation(
        "Not a UK number", "This number belongs to another country. We only text UK mobiles.", _PHONE
    ),
    Reason.MOBILE_PREMIUM: Explanation(
        "Premium number", "A number that starts 09 is a premium rate number, not a mobile.", _CHECK_MOBILE
    ),
    Reason.MOBILE_ISLAND: Explanation(
        "Channel Islands or Isle of Man number",
        "This is a mobile from Jersey, Guernsey or the Isle of Man. Texts to it cost as much as texts abroad.",
        "Contact this patient in another way, or ask an administrator to allow these numbers.",
    ),
    Reason.MOBILE_NOT_A_MOBILE: Explanation(
        "Not a mobile number", "This number is real but is not a mobile, so it cannot get texts.", _PHONE
    ),
    Reason.MOBILE_INVALID: Explanation("Mobile number does not exist", "No phone has this number.", _CHECK_MOBILE),
    Reason.BIRTH_MISSING: Explanation(
        "No date of birth",
        "The date of birth is empty. Patients confirm who they are with it.",
        "Add the date of birth and upload the file again.",
    ),
    Reason.BIRTH_UNREADABLE: Explanation(
        "Date of birth cannot be read",
        "The date of birth is not written in a way that we can be sure of.",
        _CHECK_BIRTH,
    ),
    Reason.BIRTH_SERIAL: Explanation(
        "Date of birth damaged by a spreadsheet",
        "The spreadsheet has turned the date of birth into a plain number.",
        "Export the list from your clinical system again, or format the column as dates before you save the file.",
    ),
    Reason.BIRTH_IMPOSSIBLE: Explanation(
        "Date of birth does not exist",
        "There is no such day. The day comes first, then the month.",
        _CHECK_BIRTH,
    ),
    Reason.BIRTH_FUTURE: Explanation("Date of birth in the future", "The date of birth is after today.", _CHECK_BIRTH),
    Reason.BIRTH_AMBIGUOUS: Explanation(
        "Year of birth may be one of two",
        "The year of birth has two digits, so this patient may be a small child or about 100 years old.",
        "Write the year with four digits, such as 1925, and upload the file again.",
    ),
    Reason.BIRTH_TOO_OLD: Explanation(
        "Date of birth too long ago", "The date of birth is more than 120 years ago.", _CHECK_BIRTH
    ),
    Reason.UNDER_AGE: Explanation(
        "Too young to be texted",
        "This patient is a child, and the phone may be somebody else's.",
        "Contact the patient's parent or carer.",
    ),
    Reason.DECEASED: Explanation(
        "Deceased", "Your file says that this patient has died.", "Do not contact this patient."
    ),
    Reason.LEFT: Explanation(
        "Not registered",
        "Your file says that this patient is no longer registered at your practice.",
        "You do not need to do anything. If the patient is registered, correct the file and upload it again.",
    ),
    Reason.REFUSED_TEXTS: Explanation(
        "Does not agree to texts",
        "Your file says that this patient does not agree to texts.",
        "Contact this patient in another way.",
    ),
    Reason.DECEASED_UNCLEAR: Explanation(
        "Unclear whether the patient has died",
        "We do not understand what this column says, so we do not know whether the patient has died.",
        _YES_OR_NO,
    ),
    Reason.REGISTRATION_UNCLEAR: Explanation(
        "Unclear whether the patient is registered",
        "We do not understand what this column says, so we do not know whether the patient is still registered.",
        "Write Registered or Left in this column, and upload the file again.",
    ),
    Reason.CONSENT_UNCLEAR: Explanation(
        "Unclear whether the patient agrees to texts",
        "We do not understand what this column says, so we do not know whether the patient agrees to texts.",
        _YES_OR_NO,
    ),
    Reason.COLUMN_UNANSWERED: Explanation(
        "Waiting for your answer about a column",
        "Only you can tell what a column of your file means for this patient.",
        "Answer the questions about your columns.",
    ),
    Reason.LEFT_OUT: Explanation(
        "Left out by your answer about a column",
        "You answered that patients of whom your file says this are left out.",
        "Contact this patient in another way, unless they have died or left.",
    ),
    Reason.NAME_DECEASED: Explanation(
        "Name says deceased",
        "The name has {mark} in it, which says that this patient has died.",
        "If that is right, do not contact this patient. If not, correct the name and upload the file again.",
    ),
    Reason.NAME_LEFT: Explanation(
        "Name says not registered",
        "The name has {mark} in it, which says that this patient has left your practice.",
        "If that is right, you do not need to do anything. If not, correct the name and upload the file again.",
    ),
    Reason.NAME_NO_CONTACT: Explanation(
        "Name says do not contact",
        "The name has {mark} in it, which says that this patient must not be contacted in this way.",
        "Look at the patient's record before you contact them.",
    ),
    Reason.NAME_NOT_IN_USE: Explanation(
        "Name says record is not in use",
        "The name has {mark} in it. Practices mark records like this that are duplicates, tests or not in use.",
        "Check which record is the patient's own. If it is this one, correct the name and upload the file again.",
    ),
    Reason.DUPLICATE: Explanation(
        "Same patient twice",
        "This patient is also in row {row}. We go by that row and leave this one out.",
        "You do not need to do anything.",
    ),
    Reason.CONFLICT_BIRTH: Explanation(
        "Same NHS number, different date of birth",
        "Row {row} has the same NHS number with another date of birth, so we cannot tell whose it is.",
        _CHECK_BOTH,
    ),
    Reason.CONFLICT_MOBILE: Explanation(
        "Same NHS number, different mobile number",
        "Row {row} has the same NHS number with another mobile number, so we cannot tell which one to text.",
        "Delete the row with the number that is not in use and upload the file again.",
    ),
    Reason.CONFLICT_NAME: Explanation(
        "Same NHS number, different name",
        "Row {row} has the same NHS number with another name, so we cannot tell whose it is.",
        _CHECK_BOTH,
    ),
    Reason.ROW_UNREADABLE: Explanation(
        "Row cannot be read",
        "This row has characters in it that were damaged when the file was saved.",
        "Save the file again as CSV UTF-8, or export it again, and upload it.",
    ),
    Reason.ROW_TOO_LONG: Explanation(
        "Row has too many cells",
        "This row has more cells than there are headings, so we cannot tell which cell belongs to which heading.",
        "Look for a comma too many in this row, or give every column a heading. Then upload the file again.",
    ),
    Reason.RECORD_NOT_FOUND: Explanation(
        "Not found in {system}",
        "{system} shows no active patient with this NHS number. They may have left, died or have a restricted record.",
        "Look the patient up in {system} before you contact them.",
    ),
    Reason.RECORD_SEVERAL: Explanation(
        "Several patients in {system}",
        "{system} has more than one patient with this NHS number.",
        "Look the patients up in {system} and correct their records before you contact them.",
    ),
    Reason.RECORD_NUMBER_REFUSED: Explanation(
        "NHS number refused by {system}", "{system} says that this is not an NHS number.", _CHECK_NUMBER
    ),
    Reason.RECORD_NO_MOBILE: Explanation(
        "No mobile number in {system}",
        "The patient's record has no mobile number.",
        "Phone the patient, or add a mobile number in {system} and upload the file again.",
    ),
    Reason.RECORD_BAD_MOBILE: Explanation(
        "Mobile number in {system} cannot be texted",
        "The number in the patient's record is not a UK mobile.",
        "Phone the patient, or correct the mobile number in {system} and upload the file again.",
    ),
    Reason.RECORD_NO_BIRTH: Explanation(
        "No date of birth in {system}",
        "The patient's record has no date of birth. Patients confirm who they are with it.",
        "Add the date of birth in {system} and upload the file again.",
    ),
    Reason.RECORD_BIRTH_DIFFERS: Explanation(
        "Date of birth differs from {system}",
        "The date of birth in your file is not the one in {system}, so the NHS number may be another patient's.",
        "Check which is right, correct it and upload the file again.",
    ),
    Reason.RECORD_NAME_DIFFERS: Explanation(
        "Check: the surname differs from {system}",
        "Your file says “{ours}”. The record with this NHS number in {system} says “{theirs}”. "
        "The NHS number may be another patient's.",
        "Check whose NHS number it is. If it is the right patient, write the surname as it is in {system}. "
        "If not, correct the NHS number. Then upload the file again.",
    ),
    Reason.RECORD_OTHER_NUMBER: Explanation(
        "Another NHS number in {system}",
        "{system} answered with a record of another NHS number. The patient's record may have been merged.",
        "Look the patient up in {system}, correct the NHS number and upload the file again.",
    ),
    Reason.RECORD_MOBILE_DIFFERS: Explanation(
        "Another mobile number in {system}",
        "{system} has another mobile number than your list. A text might reach somebody else.",
        "Check the number with the patient. Correct it in {system} or in your file, and upload the file again.",
    ),
    Reason.RECORD_UNREADABLE: Explanation(
        "{system} gave no clear answer",
        "{system} answered for this patient with something that we could not read.",
        "Upload the file again later, or contact this patient in another way.",
    ),
    Reason.OPTED_OUT: Explanation(
        "Does not want texts",
        "This patient, or somebody with this phone, has asked not to get texts from your practice.",
        "Contact this patient in another way.",
    ),
    Reason.LIKELY_TO_FAIL: Explanation(
        "Text is likely to fail",
        "A text to this number failed for good in the last {days} days.",
        "Check the number with the patient. When it is right in the record, upload the file again.",
    ),
    Reason.ALREADY_INVITED: Explanation(
        "Already invited",
        "This patient has an invitation from another batch and can still answer it.",
        "You do not need to do anything. To invite the patient again, choose to include patients already invited.",
    ),
    Reason.ALREADY_BOOKED: Explanation(
        "Already booked",
        "This patient has an appointment of this slot type to come.",
        "You do not need to do anything. To invite the patient again, choose to include patients already booked.",
    ),
}

NO_NAMES = ("one name", "another")
"""Stand for the two names of a reason where no row is at hand."""


def explain(
    reason: str,
    *,
    system: str,
    other_row: int | None = None,
    where: str = "",
    names: tuple[str, str] = NO_NAMES,
    mark: str = "",
) -> Explanation:
    """A stored reason in words.

    `system` is the clinical system's name as staff know it; `other_row` the number of the other row where the reason
    is about two; `where` the column in the staff member's file; `names` the file's and the record's where they differ;
    `mark` what stands in the name, where it is known.
    """
    said = EXPLANATIONS[Reason(reason)]
    quoted = f"\u201c{mark}\u201d" if mark else "a mark"
    title, sentence, remedy = (
        words.format(
            system=system,
            row=other_row,
            days=settings.LIKELY_TO_FAIL_DAYS,
            ours=names[0],
            theirs=names[1],
            mark=quoted,
        )
        for words in (said.title, said.sentence, said.remedy)
    )
    return Explanation(title, sentence, remedy, where)
