"""The words by which `replies` reads what patients text back. All of them are here, and nothing else is.

A text is read in small letters, without accents, apostrophes and signs, and after `SPELLINGS` and `JOINED`; so are the
patterns below. Where a word may mean two things, a person is told rather than nobody. A wrong opt-out can be taken back
by whoever has the phone or by staff, who see it; so in doubt a STOP counts, unless the text is about health.
"""

import re
from enum import StrEnum


def _any(*patterns: str) -> re.Pattern[str]:
    """One of these, as whole words."""
    return re.compile(rf"\b(?:{'|'.join(patterns)})(?!\w)")


# What they want of texts.


class StopWord(StrEnum):
    """By which word somebody asked for no more texts. It is kept; the text that it was in is not."""

    STOP = "stop"
    STOPALL = "stopall"
    UNSUBSCRIBE = "unsubscribe"
    CANCEL = "cancel"
    END = "end"
    QUIT = "quit"
    REVOKE = "revoke"
    OPTOUT = "optout"
    PHRASE = "phrase"  # words of their own, such as "no more texts"
    UNKNOWN = "unknown"  # one that the text service takes for STOP, and we do not know


STOP_KEYWORDS = frozenset(word.value for word in StopWord) - {StopWord.PHRASE, StopWord.UNKNOWN}
START_KEYWORDS = frozenset(["start", "yes", "unstop"])
HELP_KEYWORDS = frozenset(["help", "info"])
KEYWORDS = STOP_KEYWORDS | START_KEYWORDS | HELP_KEYWORDS
"""What a text service may act on, and answer, by itself when it is all there is. These are Twilio's, HELP and INFO
among them (twilio#incoming-texts): https://help.twilio.com/articles/223134027
"""

ONLY_ALONE = frozenset(["yes", "cancel", "end", "revoke", "quit"])
"""Beside other words they mean something else: "yes" and "cancel" an appointment, and "end" anything."""

ALSO_STOP = {
    **dict.fromkeys(["stopp", "stoptexts", "stoptext", "sotp", "stpo", "arret", "stopio", "stopiwch"], StopWord.STOP),
    **dict.fromkeys(["unsub", "unsuscribe", "unsubcribe"], StopWord.UNSUBSCRIBE),
}
ALSO_START = frozenset(["restart", "resubscribe", "optin"])

_MANY = r"(?:texts|txts|messages|sms)"
_TEXT_NOUN = r"(?:texts?|txts?|messages?|sms)"
STOP_PHRASES = _any(
    rf"stop (?:(?:all|any|the|these|this|your|me|us|getting|receiving|sending|more) ){{0,4}}{_MANY}",
    rf"(?:stop|cancel) (?:\w+ ){{0,3}}{_MANY}",
    r"stop (?:texting|messaging|contacting|sending|bothering|harassing|pestering)(?! (?:you|him|her|them)\b)",
    r"stop text(?: me| us)?$",
    rf"no (?:more|further) {_TEXT_NOUN}",
    rf"dont send (?:me |us )?(?:any |more |these ){{0,2}}{_TEXT_NOUN}",
    r"dont (?:ever )?(?:text|txt|message|contact|sms) (?:me|us|this)",
    rf"dont (?:want|wish|need) (?:to (?:get|have|receive) )?(?:any |your |these |more |further |the ){{0,3}}{_MANY}",
    r"(?:remove|delete|take) (?:me|us|(?:my|this) (?:number|phone|mobile))(?= from| off| out| please| thanks| now|$)",
    rf"unsubscribe|opt(?:ing)? ?out(?= (?:of|from) (?:\w+ ){{0,2}}{_MANY}| please| now| thanks|$)",
    r"dim mwy o negeseuon|peidiwch ag? (?:anfon|tecstio)|nie wysyl\w+|wypisz\w*|nu (?:imi )?mai trimit\w+",
)
START_PHRASES = _any("opt ?in(?= please|$)")
NOT_TO_STOP = re.compile(
    r"\b(?:dont|didnt|not|never|cant|wont|why|if you)(?: (?:please|want|ask|you|to|me|ever)){0,4} $"
)
"""What stands before a phrase and turns it round: "please don't stop texting me"."""

REASON = re.compile(
    r"(?:i|im|ive|id|we|weve|this|its|it is|thats|that is|hes?|shes?|they|theyve|wrong|not|no longer|no one|nobody|"
    r"dont|already|moved|left|died|deceased|dead|passed|because|cos|as|since|patient|person|sorry|you|youve|have|has|had|got|"
    r"new|different|changed|too many|enough|never|my (?:husband|wife|mum|mother|dad|father|partner|gp))\b"
)
"""How a reason begins that follows STOP, or leads up to it, without a full stop in between."""

STOP_AT_THE_END = re.compile(r".*?(\w+) (?:please )?stop(?: please| now| thanks| it)?$")
# fmt: off
BEFORE_ANOTHER_STOP = frozenset([
    "to", "not", "wont", "cant", "dont", "doesnt", "didnt", "wouldnt", "should", "will", "would", "can", "could",
    "must", "the", "bus", "wrong", "it", "them", "a", "next", "full", "i", "we", "you", "they", "he", "she", "make",
])
# fmt: on
"""Words right before a "stop" at the end that is not meant for us: "the bleeding won't stop"."""

# fmt: off
FILLERS = frozenset([
    "a", "again", "all", "and", "any", "anymore", "at", "can", "contacting", "could", "for", "from", "further",
    "immediately", "it", "just", "kindly", "me", "message", "messages", "messaging", "more", "my", "no", "now",
    "number", "of", "ok", "okay", "please", "practice", "receiving", "send", "sending", "sms", "surgery", "text",
    "texting", "texts", "thank", "thanks", "that", "the", "them", "these", "this", "to", "txt", "txts", "us", "want",
    "would", "yes", "you", "your",
])
GREETINGS = frozenset([
    "hi", "hello", "hey", "hiya", "dear", "good", "morning", "afternoon", "evening", "shwmae", "bore", "da", "dzien",
    "dobry", "czesc", "witam", "buna", "hola", "bonjour", "ciao", "salaam", "salam",
])
TITLES = frozenset(["dr", "doctor", "mr", "mrs", "ms", "miss", "nurse", "sister"])
ADDRESSED = frozenset(["all", "there", "team", "doctors", "reception", "surgery", "practice", "sir", "madam"])
CLOSINGS = frozenset([
    "thanks", "thank", "regards", "kind", "best", "many", "cheers", "sincerely", "yours", "from", "love", "ta", "sent",
    "get", "x", "signed", "diolch", "dziekuje", "pozdrawiam", "multumesc", "gracias", "merci",
])
ABOUT_CARE = frozenset([
    "smoking", "smoke", "drinking", "taking", "using", "giving", "prescribing", "tablet", "tablets", "pill", "pills",
    "medication", "medications", "medicine", "medicines", "meds", "prescription", "prescriptions", "insulin",
    "inhaler", "steroids", "antibiotics", "statin", "statins", "warfarin", "aspirin", "dose", "drug", "drugs",
    "bleeding", "coughing", "vomiting", "crying", "hurting", "itching", "shaking", "breathing", "breathe", "pain",
    "pains", "cough", "sick", "dizzy", "periods", "treatment", "injections", "chemo", "hrt", "eating", "driving",
])
# fmt: on
"""A text with one of these is about health, and its "stop" is no opt-out, unless it stands alone or names texts."""

# What they say of an appointment.

CANCEL_SLIPS = ("cancel", "cancels", "cancelled", "canceled", "cancelling", "canceling")
"""A word that is one slip of the finger from these is taken for them."""
NOT_CANCEL = frozenset(["cancer", "cancers", "chancel", "chancels"])
CANCEL_BEGINNINGS = (
    *("cancel", "cncl", "cxl", "canslo", "odwol", "anuluj", "rezygn", "anulez", "anulat", "anular", "annul"),
    *("disdi", "desmarc", "absag", "stornier", "atsauk", "iptal", "lemond", "zrus"),
)
NEGATED = re.compile(r"\b(?:dont|didnt|not|never|havent|without|cant|wont|no need|wasnt|isnt)(?: \w+){0,3} $")
ASKS_WHETHER = re.compile(
    r"(?:do|does|did|is|was|has|have|should|must|shall|when|why|what|who|am|are|if|will i|how|where)\b"
)
ASKS_FOR_IT = _any("can", "could", "may", "would", "please", "is it (?:ok|okay|possible|alright) to")

_CANNOT = r"(?:cant|couldnt|wont|wouldnt|shant|arent|aint|unable|unlikely|not (?:able|going|gonna|be able)|never going)"
_WEAK = (
    r"(?:(?:be|to|able|now|really|actually|even|possibly|unfortunately|sadly|sorry|i|we|he|she|they|going|gonna|"
    r"likely|still) ){0,4}"
)
_DAY = r"(?:today|tomorrow|tonight|mon|tues?|wed|thurs?|fri|sat|sun|\w+day)"
_TO_IT = (
    rf"(?: (?:it|this|that|the|my|our|to|for|at|on|in|then|either|sorry|now|anymore|time|appointment|{_DAY})\b| *$)"
)
_NOT_WANTED = r"(?:no longer|dont|not|wont|wont be) (?:need|want|require|needed|wanted|required|needing|wanting)"
CANNOT_COME = _any(
    rf"{_CANNOT} {_WEAK}(?:make|do|keep|manage){_TO_IT}(?! (?:living|food|of my|stop|go|work|better)\b)",
    rf"{_CANNOT} {_WEAK}(?:come|coming|attend|attending)(?! (?:down|off|out|up|away|soon|back to)\b)",
    rf"{_CANNOT} {_WEAK}get (?:there|here|in|away|off|out|time|a lift|to (?:it|this|the|my|you|your|surgery))",
    rf"{_CANNOT} {_WEAK}be (?:there|here|in|with you|at the|at my|turning up|{_DAY})",
    rf"{_CANNOT} {_WEAK}(?:there|in) *$",
    r"(?:not|no longer) (?:coming|attending)",
    r"(?:no longer|not) (?:able|available)(?= *$| to (?:come|attend|make|get|be)| on| at| for| then| that| to\w+)",
    r"too (?:ill|unwell|poorly|sick|weak) to (?:come|attend|make|travel|leave|get)",
    rf"{_NOT_WANTED}(?= *$| (?:it|this|that|anymore)\b| (?:the|my|an?|this|that) (?:\w+ )?appointment)",
    rf"{_NOT_WANTED} to (?:come|attend|be seen|see)",
    r"appointment (?:is )?(?:no longer|not) (?:needed|required|wanted|convenient|suitable|possible)",
    r"(?:give|giving) (?:up )?(?:my|the) (?:appointment|slot)",
    # Welsh, Polish, Romanian, Portuguese, Spanish, French, Italian, German, Lithuanian, Turkish, Urdu and Punjabi.
    r"methu (?:a )?(?:dod|mynychu|cyrraedd)|ddim yn gallu (?:dod|bod)|(?:alla|gallaf|fydda|byddaf)(?: i|i)? ddim \w+",
    r"nie (?:moge|mozemy|dam rady|przyjde|przyjdziemy|przyjade|bede|bedzie mnie|dotre)",
    r"nu (?:mai )?(?:pot|putem|vin|ajung)|nao (?:posso|podemos|vou|consigo|poderei)",
    r"no (?:puedo|podre|podemos|voy a poder) (?:ir|venir|asistir|acudir|llegar)|(?:peux|pourrai|viendrai) pas",
    r"non (?:posso|potro|riesco|vengo|possiamo) \w+|(?:kann|komme|werde)(?: ich| wir)?(?: \w+){0,2} nicht",
    r"negal\w+|gelemem|gelemiyorum|(?:nahi|nahin|nai) (?:aa?|aaunga|aungi|aa ?sak\w*)|aa (?:nahi|nahin|nai) sak\w*",
)
CHANGE = _any(
    r"re ?schedul\w+|re ?arrang\w+|re ?book\w*|postpon\w+|aildrefnu|przelozyc|przesunac|reprogram\w+",
    r"(?:change|move|swap|switch|alter|amend|put (?:back|off)|bring forward|delay) (?:\w+ ){0,3}"
    r"(?:appointment|time|date|day|it|slot)",
    r"(?:another|other|different|new|alternative|later|earlier|better|sooner) (?:appointment|time|date|day|slot)",
    r"(?:another|different) week|(?:inny|innym) (?:termin|terminie|dzien)",
)
UNSURE = _any(
    r"(?:im|am|are|were|be|hes|shes) (?:\w+ )?(?:away|abroad|in hospital|out of the country|isolating)",
    r"on (?:holiday|hols|vacation)|(?:have|has|had|got|need) to (?:go (?:to|into) )?work",
    r"(?:had|got|have) (?:it|mine|this|my \w+|the \w+) (?:done|elsewhere|already|at|from)",
    r"already (?:had|have|been|got|done|seen)|changed my mind|(?:might|may) not (?:make|come|be able)",
    r"not (?:sure|certain) (?:if |that |whether )?(?:i|we|ill) (?:can|will|could|make)|struggling to (?:make|get|come)",
    r"dont think i (?:can|will)|(?:sorry )?(?:i )?(?:cant|wont)(?= (?:now|today|tomorrow|sorry)|$)",
)
"""About coming, one way or the other: a person must find out."""

WRONG_NUMBER = _any(
    r"(?:wrong|incorrect) (?:number|no|person|phone|mobile|patient|man|woman|lady)",
    r"(?:not|isnt|aint|no longer|nobody called|no one called|dont know (?:a|any)) (?:a )?(?:mr|mrs|ms|miss|mx)",
    r"(?:not|isnt|aint|no longer) (?:the|his|her|their|that|this|your) (?:person|number|patient|mobile|phone)",
    r"(?:nobody|no one|noone|no such person|no person)"
    r" (?:called|named|of (?:that|this) name|by (?:that|this) name|with that name)",
    r"dont know (?:who this is|him|her|them|(?:this|that|the|any such) (?:person|man|woman|lady|patient))",
    r"rhif anghywir|(?:zly|bledny) numer|pomylka|numar gresit|numero (?:errado|equivocado|sbagliato)|faux numero",
)

# How they spell.

_SLIPS = {
    "appointment": "appt appts apt apts apptmt appointmnt apointment appoinment appoitment appointement appointent "
    "apoinment appiontment appointmen appontment apptment apwyntiad wizyta wizyte wizyty booking",
    "attend": "atend attened attned atttend attent attand",
    "cant": "cnt carnt canot cannot cannt cantt cany cnat canny",
    "come": "cme cum coem",
    "coming": "cumin cuming comin",
    "dont": "dnt donot dount dnot",
    "make": "mke mak amke maek",
    "messages": "msgs mesages messeges",
    "message": "msg mesage messege",
    "number": "num nmbr numbr numba nummber",
    "please": "pls plz plse pleas plese plaese pleese plss",
    "texts": "texs txs",
    "thanks": "thx thnx tnx ty tks thankyou thks thnks",
    "today": "2day tday",
    "tomorrow": "tmrw tmw tomo 2moro 2morrow tomoz tomorow tommorow tommorrow tmr tomrow 2mrw tomoro",
    "tonight": "2nite tonite",
    "unable": "unabel unble unabl unale",
    "wont": "wnt wount wornt wontt",
    "wrong": "wrng rong worng",
    "you": "u yu",
    "your": "ur",
    "are": "r",
    "to": "2",
    "for": "4",
    "be": "b",
    "im": "iam",
    "able": "abel abl",
    "no longer": "nolonger nolonga",
    "no more": "nomore",
    "change": "chnage chang cahnge",
}
SPELLINGS = {slip: meant for meant, slips in _SLIPS.items() for slip in slips.split()}
"""Text-speak, and slips that are often made, with the words that are meant."""

_PAIRS = (
    *(
        "can not = cant",
        "can t = cant",
        "could not = couldnt",
        "will not = wont",
        "won t = wont",
        "would not = wouldnt",
    ),
    *("do not = dont", "don t = dont", "does not = doesnt", "did not = didnt", "is not = isnt", "are not = arent"),
    *("have not = havent", "i am = im", "i m = im", "opt out = optout", "stop all = stopall"),
)
JOINED = dict(pair.split(" = ") for pair in _PAIRS)
"""Pairs of words with the one that they are."""
