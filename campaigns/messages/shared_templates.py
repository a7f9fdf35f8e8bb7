"""The message templates that every installation starts with, worded by us to the NHS rules for texts.

Each greets by name and says who writes, what it is for, what to do, and what people do who cannot open links. Anyone
may see a phone, so a text says no more than a waiting room would hear: "your yearly check", never a condition. The
decline message may name the appointment, since patients must know what they are declining; so does the appointment's
plain name. Both are shown after the date of birth only.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SharedTemplate:
    """A shared template: its name for staff, the appointment's plain name, its text, decline message and codes.

    A code is suggested only where one is known that says exactly this, and was published in two places at least
    (snomed-ct#shipped-codes); the ids of others are not to be guessed.
    """

    name: str
    appointment_name: str
    body: str
    decline: str
    invitation_code: str = ""
    decline_code: str = ""


TEMPLATES = [
    SharedTemplate(
        "Flu vaccination",
        "flu vaccination",
        "Dear {name}, you can now book your flu vaccination at {practice}. Choose a time: {link} Or phone us.",
        "If you do not want a flu vaccination, we will not invite you to book one again this year. "
        "You can still phone us if you change your mind.",
        decline_code="315640000",
    ),
    SharedTemplate(
        "COVID-19 vaccination",
        "COVID-19 vaccination",
        "Dear {name}, you can now book your COVID-19 vaccination at {practice}. Choose a time: {link} Or phone us.",
        "If you do not want this COVID-19 vaccination, we will not invite you to book it again this season. "
        "You can still phone us if you change your mind.",
        invitation_code="1240781000000106",
        decline_code="1324721000000108",
    ),
    SharedTemplate(
        "Cervical screening",
        "cervical screening",
        "Dear {name}, your routine appointment with a nurse at {practice} is due. Book here: {link} Or phone us.",
        "If you do not want cervical screening now, we will write that in your record. "
        "You can still phone us to book it, or to talk to a nurse about it.",
        decline_code="171152003",
    ),
    SharedTemplate(
        "Asthma review",
        "asthma review",
        "Dear {name}, please book your yearly check with a nurse at {practice}. Choose a time: {link} Or phone us.",
        "If you do not want your asthma review, we will not invite you to book it again this year. "
        "Keep taking your medicines. Phone us if you change your mind.",
        invitation_code="928451000000107",
        decline_code="763221007",
    ),
    SharedTemplate(
        "Diabetes review",
        "diabetes review",
        "Dear {name}, it is time to book your yearly check at {practice}. Choose a time: {link} Or phone us.",
        "If you do not want your diabetes review, we will not invite you to book it again this year. "
        "Keep taking your medicines. Phone us if you change your mind.",
        invitation_code="1066911000000100",
        decline_code="185754009",
    ),
    SharedTemplate(
        "Hypertension review",
        "blood pressure check",
        "Dear {name}, please book a short yearly check at {practice}. Choose a time: {link} Or phone us.",
        "If you do not want your blood pressure check, we will not invite you to book it again this year. "
        "Keep taking your medicines. Phone us if you change your mind.",
        invitation_code="1066941000000104",
        decline_code="413123006",
    ),
    SharedTemplate(
        "NHS Health Check",
        "NHS Health Check",
        "Dear {name}, you can now book a free NHS Health Check at {practice}. Choose a time: {link} Or phone us.",
        "If you do not want an NHS Health Check, we will not invite you to book one again this year. "
        "You can still phone us if you change your mind.",
    ),
    SharedTemplate(
        "Blood test",
        "blood test",
        "Dear {name}, please book your next test at {practice}. Choose a time: {link} Or phone us.",
        "If you do not want this blood test, we will tell your GP. You can still phone us if you change your mind.",
    ),
    SharedTemplate(
        "RSV vaccination",
        "RSV vaccination",
        "Dear {name}, you can now book your RSV vaccination at {practice}. Choose a time: {link} Or phone us.",
        "If you do not want an RSV vaccination, we will not invite you to book one again this year. "
        "You can still phone us if you change your mind.",
    ),
    SharedTemplate(
        "Pneumococcal vaccination",
        "pneumococcal vaccination",
        "Dear {name}, you can now book a free vaccination at {practice}. Choose a time: {link} Or phone us.",
        "If you do not want a pneumococcal vaccination, we will not invite you to book one again this year. "
        "You can still phone us if you change your mind.",
        decline_code="401086001",
    ),
    SharedTemplate(
        "Yearly check",
        "yearly check",
        "Dear {name}, you can now book your yearly check at {practice}. Choose a time: {link} Or phone us.",
        "If you do not want this yearly check, we will not invite you to book it again this year.",
    ),
    SharedTemplate(
        "Appointment with a nurse",
        "appointment with a nurse",
        "Dear {name}, please book an appointment with a nurse at {practice}. Choose a time: {link} Or phone us.",
        "If you do not want this appointment, we will not invite you to book it again this year.",
    ),
]
