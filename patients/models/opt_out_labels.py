"""How somebody opted out of texts, in words for staff: only what is known, and never what else they wrote."""

from collections.abc import Mapping

from integrations.messaging.reply_words import StopWord

UNRECORDED = "unrecorded"
"""The word of an opt-out by text from the time when words were not recorded."""

LABELS: Mapping[str, str] = {
    **{word.value: f"Texted {word.value.upper()}" for word in StopWord},
    StopWord.CANCEL: "Texted CANCEL. The text service takes that as STOP and blocks our texts",
    StopWord.PHRASE: "Texted that they want no more texts",
    StopWord.UNKNOWN: "Texted a word that the text service takes as STOP",
    UNRECORDED: "By text. The word was not recorded",
}

_BY_SOURCE: Mapping[str, str] = {
    "patient": "Pressed “Stop texts” on their page",
    "text": "By text",
    "channel": "The phone network blocks our texts to them. They texted STOP, or another word that we do not know",
    "staff": "Added by staff",
}


def how(source: str, word: str, by: str) -> str:
    """One sentence, without its full stop. `by` is the full name of the member of staff who added it, if one did."""
    if by:
        return f"Added by {by}"
    return LABELS[word] if word else _BY_SOURCE[source]
