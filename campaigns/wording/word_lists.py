"""Word lists for advice on texts: what to write in full, what to say more plainly, and what to keep off a phone.

Small on purpose. They carry the wording rules (wording#invitations) as far as a list can, and a false alarm in
every text would teach staff to read past all advice.
"""

import re
from collections.abc import Iterable, Mapping
from re import Pattern


def any_of(patterns: Iterable[str], *, any_case: bool = True) -> Pattern[str]:
    """A pattern for any of these regular expressions as whole words. A figure may come before (24hrs), a time not."""
    return re.compile(
        rf"(?<![^\W\d])(?<!['/@])(?<!\d{{4}})(?:{'|'.join(patterns)})(?![\w'@])", re.IGNORECASE if any_case else 0
    )


def advised(text: str, lists: Iterable[tuple[Pattern[str], Mapping[str, str]]]) -> dict[str, str]:
    """The words of a text that lists advise against, as they are written, with what to write instead."""
    replacements: dict[str, str] = {}
    for pattern, instead in lists:
        for word in pattern.findall(text):
            replacements.setdefault(word, instead.get(word) or instead[word.lower()])
    return replacements


_SHORT_IN_ANY_CASE = {
    "appt": "appointment",
    "appts": "appointments",
    "apt": "appointment",
    "approx": "about",
    "asap": "as soon as you can",
    "b4": "before",
    "bloods": "blood test",
    "dept": "department",
    "dr's": "doctors",
    "drs": "doctors",
    "hosp": "hospital",
    "hr": "hour",
    "hrs": "hours",
    "info": "information",
    "meds": "medicines",
    "min": "minutes",
    "mins": "minutes",
    "mob": "mobile",
    "msg": "message",
    "mths": "months",
    "pls": "please",
    "plz": "please",
    "surg": "surgery",
    "tel": "phone",
    "thx": "thank you",
    "tmrw": "tomorrow",
    "u": "you",
    "ur": "your",
    "vac": "vaccination",
    "vacc": "vaccination",
    "vaccs": "vaccinations",
    "w/c": "the week starting",
    "w/e": "the week ending",
    "wk": "week",
    "wks": "weeks",
    "yr": "year",
    "yrs": "years",
}
_SHORT_IN_CAPITALS = {
    "ANP": "nurse",
    "BP": "blood pressure",
    "DNA": "missed appointment",
    "DOB": "date of birth",
    "F2F": "face to face",
    "HCA": "healthcare assistant",
    "OOH": "out of hours",
    "Mon": "Monday",
    "Tue": "Tuesday",
    "Tues": "Tuesday",
    "Wed": "Wednesday",
    "Thu": "Thursday",
    "Thur": "Thursday",
    "Thurs": "Thursday",
    "Fri": "Friday",
    "Feb": "February",
}
# Names and words too, such as Jan or sat: a day or a month only beside what belongs to one.
_SHORT_IN_A_DATE = {
    "Sat": "Saturday",
    "Sun": "Sunday",
    "Jan": "January",
    "Mar": "March",
    "Apr": "April",
    "Jun": "June",
    "Jul": "July",
    "Aug": "August",
    "Sep": "September",
    "Sept": "September",
    "Oct": "October",
    "Nov": "November",
    "Dec": "December",
}
_DATE_NAMES = "|".join(sorted(_SHORT_IN_A_DATE, key=len, reverse=True))
_BESIDE = r"(?:\d(?:st|nd|rd|th)?|\b(?:on|in|by|from|to|until|till|before|after|every|next|this|and)) "
_IN_A_DATE = re.compile(rf"(?:{_BESIDE}({_DATE_NAMES})\b|\b({_DATE_NAMES})\.? \d)")

ABBREVIATIONS = (
    (any_of(_SHORT_IN_ANY_CASE), _SHORT_IN_ANY_CASE),
    (any_of(_SHORT_IN_CAPITALS, any_case=False), _SHORT_IN_CAPITALS),
)
"""Short forms, and what they stand for."""


def short_dates(text: str) -> dict[str, str]:
    """The days and months that are cut short, and what they stand for."""
    abbreviations = [before or after for before, after in _IN_A_DATE.findall(text)]
    return {word: _SHORT_IN_A_DATE[word] for word in abbreviations}


_HEAVY = {
    "additional": "more",
    "amend": "change",
    "annual": "yearly",
    "assist": "help",
    "assistance": "help",
    "at your earliest convenience": "soon",
    "attend": "come to",
    "attendance": "visit",
    "clinician": "doctor or nurse",
    "commence": "start",
    "consultation": "appointment",
    "ensure": "make sure",
    "healthcare professional": "doctor or nurse",
    "immunisation": "vaccination",
    "in order to": "to",
    "inform": "tell",
    "kindly": "please",
    "notify": "tell",
    "obtain": "get",
    "phlebotomy": "blood test",
    "prior to": "before",
    "regarding": "about",
    "require": "need",
    "required": "needed",
    "reschedule": "change",
    "schedule": "book",
    "sms": "text message",
    "telephone": "phone",
    "unable to": "cannot",
    "utilise": "use",
    "with regard to": "about",
}
HEAVY_TERMS = ((any_of(_HEAVY), _HEAVY),)
"""Words above the reading age of 9 to 11 that texts should keep to, and lighter ones."""

CLINICAL = any_of(
    [
        *("abnormal", "alcohol", "anxiety", "asthma", "bipolar", "bowel", "breast", "cancer", "cervical"),
        *("chlamydia", "cholesterol", "chronic", "coil", "contracepti\\w+", "copd", "ckd", "dementia", "depress\\w+"),
        *("diabet\\w+", "diagnos\\w+", "dialysis", "epilep\\w+", "hba1c", "heart disease", "heart failure"),
        *("hepatitis", "hiv", "hrt", "hypertension", "kidney disease", "learning disabilit\\w+", "lithium"),
        *("memory clinic", "menopaus\\w+", "mental health", "methotrexate", "obes\\w+", "overweight", "pregnan\\w+"),
        *("prostate", "psa", "psychosis", "schizophreni\\w+", "sexual health", "smear", "statins?", "sti", "stroke"),
        *("thyroid", "warfarin", "weight management"),
    ]
)
"""Conditions, medicines and parts of the body that a text on a locked screen would give away."""

SHORTENERS = frozenset(
    {
        *("bit.ly", "buff.ly", "cutt.ly", "goo.gl", "is.gd", "lnkd.in", "ow.ly", "rb.gy", "rebrand.ly", "s.id"),
        *("shorturl.at", "t.co", "t.ly", "tiny.cc", "tinyurl.com", "v.gd"),
    }
)
"""Hosts that hide where a link leads."""
