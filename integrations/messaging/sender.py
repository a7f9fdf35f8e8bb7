"""Who a text says it is from: what a practice's sender may be.

A name must be one that patients know, that phones show whole and that nobody takes for somebody else's
(text-messages#sender). Its characters are those that both GOV.UK Notify and Twilio take; a name has no spaces since
July 2026.
"""

import re

SHORTEST, LONGEST = 3, 11

_NUMBER = re.compile(r"\+[1-9][0-9]{6,14}")
_ALLOWED = re.compile(r"[A-Za-z0-9&_-]*")
_NOT_A_LETTER = re.compile(r"[^a-z]")
_NHS_NO_REPLY = "NHSNoReply"

# Names that say nothing about who is writing, and that fraud likes for that. Compared by their letters alone.
_GENERIC = frozenset(
    {
        *("admin", "alert", "alerts", "appointment", "auth", "code", "confirm", "contact", "doctor", "gp", "help"),
        *("info", "information", "message", "mobile", "noreply", "notice", "notify", "otp", "phone", "reminder"),
        *("reply", "security", "sender", "service", "sms", "support", "surgery", "test", "text", "update", "verify"),
    }
)


def sender_faults(sender: str) -> list[str]:
    """What is wrong with a practice's sender, as sentences for an administrator; empty when it may be used.

    A number in E.164 form is a sender too, and has no more rules. What else a provider takes, that provider knows.
    """
    if _NUMBER.fullmatch(sender):
        return []
    faults = []
    if not SHORTEST <= len(sender) <= LONGEST:
        faults.append(f"A sender name has {SHORTEST} to {LONGEST} characters. This one has {len(sender)}.")
    if any(character.isspace() for character in sender):
        faults.append("Take the spaces out of the sender name.")
    elif not _ALLOWED.fullmatch(sender):
        faults.append("Use only letters without accents, digits and the signs & - _ in a sender name.")
    letters = _NOT_A_LETTER.sub("", sender.lower())
    if not letters:
        faults.append("A sender name needs a letter. Write a number with its country, such as +447700900000.")
    if sender.startswith("00"):
        faults.append("A sender name must not start with 00: phones take it for a number from abroad.")
    if letters in _GENERIC:
        faults.append("Choose a sender name that tells patients who you are. This one could be anybody's.")
    if letters == _NHS_NO_REPLY.lower() and sender != _NHS_NO_REPLY:
        faults.append(f"Write {_NHS_NO_REPLY} exactly so.")
    return faults
