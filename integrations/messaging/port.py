"""The port to the patient's phone: what every channel offers, in values of ours."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol
from uuid import UUID


class DeliveryStatus(StrEnum):
    """How far a message has come, in the order in which it goes; it ends as delivered or as failed."""

    ACCEPTED = "accepted"
    SENT = "sent"
    DELIVERED = "delivered"
    FAILED = "failed"


class FailureKind(StrEnum):
    """What to do about a message that the provider did not take."""

    PERMANENT = "permanent"
    """This number will not get it: settle the row with the reason."""
    CONFIGURATION = "configuration"
    """Ours to mend: no message of this practice will go until it is, unless the fault is of this one alone."""
    RATE_LIMITED = "rate_limited"
    """Not taken, come back later."""
    RETRY = "retry"
    """Not taken, for a reason that may pass."""
    NOT_POSTED = "not_posted"
    """We did not even try: its time was up, or it was called back. It surely has not gone."""
    UNKNOWN = "unknown"
    """No usable answer: it may have gone. Look before sending again."""


class NumberFault(StrEnum):
    """What a failure says about the number itself, whatever the text was."""

    NONE = ""
    """Nothing: the text, the account or the moment was at fault."""
    BAD = "bad"
    """Texts to it do not arrive: the next one would fail as well."""
    STOPPED = "stopped"
    """Its owner told the network that they want no texts from this sender."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a provider's code asks of us, what staff read (no number, no jargon), and what it says about the number."""

    kind: FailureKind
    reason: str
    number: NumberFault = NumberFault.NONE


@dataclass(frozen=True, slots=True)
class TextAccount:
    """One practice's account with a provider of texts: `provider` is its key. `base_url` is empty for its own address.

    `sender` is a number in E.164 form, a sender name, or what else the provider takes for one. Delivery news comes to
    `callback_url`. Calls leave by `egress_proxy`, where one is named. `signing_keys` are secrets beside `secret`, by
    which the provider may sign what it posts.
    """

    provider: str
    account_id: str
    secret: str = field(repr=False)
    sender: str
    callback_url: str
    base_url: str = ""
    egress_proxy: str = field(default="", repr=False)
    signing_keys: tuple[str, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class NotifyAccount:
    """One practice's account with NHS Notify. `base_url` is empty for the live service.

    `private_key` is PEM, and `key_id` is how Notify knows its public half. `ods_code` is the practice's;
    `names_practice` is False where the account may not say which practice sends. `app_only`: no words for a text go
    with a message, so that none can follow whatever the plan is. Calls leave by `egress_proxy`, where one is named.
    """

    api_key: str = field(repr=False)
    key_id: str
    private_key: str = field(repr=False)
    routing_plan: str
    ods_code: str
    names_practice: bool = True
    base_url: str = ""
    app_only: bool = False
    egress_proxy: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class OutgoingText:
    """One text. `to` is in E.164 form; `reference` is our own id for it and never leaves in the text.

    Later than `not_after` it must not be posted any more: somebody else may have been given it by then.

    A provider that takes a reference once only goes by `nhs_number`, and posts texts of one `together` in one call
    under that reference. Posted again, they must be given the same.
    """

    reference: UUID
    to: str
    body: str
    not_after: datetime | None = None
    nhs_number: str = ""
    together: UUID | None = None


@dataclass(frozen=True, slots=True)
class Accepted:
    """The provider has the text and calls it `provider_id`."""

    reference: UUID
    provider_id: str
    status: DeliveryStatus


@dataclass(frozen=True, slots=True)
class NotAccepted:
    """The provider does not have the text, or (UNKNOWN) may or may not have it.

    `reason` is a sentence for a receptionist; `code` is the provider's, for logs and support. `retry_after` is how many
    seconds the provider asked us to wait. `alone` marks a fault of configuration that other texts need not share: one
    of the destination's country, for instance.
    """

    reference: UUID
    kind: FailureKind
    code: str
    reason: str
    retry_after: float | None = None
    number: NumberFault = NumberFault.NONE
    alone: bool = False


Outcome = Accepted | NotAccepted


@dataclass(frozen=True, slots=True)
class ProviderRecord:
    """What the provider holds about one text, as found by a look-up."""

    provider_id: str
    status: DeliveryStatus
    created: datetime
    body: str
    code: str = ""
    reason: str = ""
    number: NumberFault = NumberFault.NONE


@dataclass(frozen=True, slots=True)
class ListedText:
    """A text in the provider's own list of all: one that went to `number`, or (`incoming`) came from there."""

    provider_id: str
    number: str
    body: str
    created: datetime
    incoming: bool = False


@dataclass(frozen=True, slots=True)
class Receipt:
    """Delivery news from the provider. `raw_status` is kept as it came; `status` is None for one never seen."""

    provider_id: str
    raw_status: str
    status: DeliveryStatus | None
    code: str
    reason: str
    number: NumberFault = NumberFault.NONE


@dataclass(frozen=True, slots=True)
class Post:
    """What somebody has posted to an address of ours: `url` is the public one that the provider was given.

    `headers` are found in any case; `form` has every value of every name, where the body is a form.
    """

    url: str
    headers: Mapping[str, str]
    body: bytes
    form: Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class IncomingMessage:
    """A text from a patient, as the provider hands it on. `sender` is as the provider writes it.

    `acted` is the provider's own word for what it did by itself, "stop" or "start", where it has one. `acts_on` are the
    texts, in small letters, on which it always acts and answers by itself.
    """

    provider_id: str
    sender: str
    body: str
    acted: str = ""
    acts_on: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Answer:
    """What a provider that has handed on a text is answered, in its own form."""

    content_type: str
    body: str


@dataclass(frozen=True, slots=True)
class Trial:
    """What became of trying an account: `code` is for the audit trail, `words` for the administrator.

    The code is ok, refused, not_enabled, down or other.
    """

    code: str
    words: str


class NotGenuine(Exception):
    """A post is not provably the provider's: nothing of it may be believed.

    Its text is one of a few words that say why, and holds nothing of the post.
    """


class LookUpFailed(Exception):
    """The provider could not be asked what it has: ask again later."""


class Line(Protocol):
    """An open way to the provider: texts go in as there is room, and their outcomes come out as they are known."""

    def post(self, texts: Sequence[OutgoingText]) -> None:
        """Begin to post these texts, and return at once. Raises nothing."""
        ...

    def outcomes(self, at_least: int, within: float) -> list[Outcome]:
        """What has become of texts since this was last asked, in the order in which it became known.

        Waits until so many are known, or all that were posted, or so many seconds have passed. Raises nothing.
        """
        ...

    def recall(self) -> None:
        """Post no more: the outcome of every text whose turn had not come is NOT_POSTED."""
        ...


class MessageChannel(Protocol):
    """One practice's account with a provider, ready to send."""

    def open(self) -> AbstractContextManager[Line]:
        """A line of its own, with connections that are kept until it is closed.

        Closed before all outcomes are known, it breaks off: what becomes of the others is for a look-up to find.
        """
        ...

    def send(self, texts: Sequence[OutgoingText]) -> list[Outcome]:
        """Send every text, many at once, and say what became of each, in the same order. Raises nothing."""
        ...

    def look_up(self, to: str, since: datetime) -> list[ProviderRecord]:
        """The texts to a number that the provider has had since a time, newest first. Raises LookUpFailed."""
        ...

    def fetch(self, provider_id: str) -> ProviderRecord:
        """What the provider holds about one text. Raises LookUpFailed."""
        ...

    def history(self, since: datetime) -> list[ListedText]:
        """All texts by this account's sender, and to it, since a time, oldest first. Raises LookUpFailed.

        For finding out what has gone that we do not know of; what was refused for good may be among them.
        """
        ...


class TextProvider(Protocol):
    """Who carries texts for practices: all that is peculiar to one.

    Its ids of texts have up to 40 characters and differ from every other provider's.
    """

    @property
    def key(self) -> str:
        """What is stored with connections and stoppages, in up to 20 characters; also a part of our addresses."""
        ...

    @property
    def name(self) -> str:
        """What administrators know it by."""
        ...

    @property
    def incoming_help(self) -> str:
        """Where an administrator sets the address for what patients text, to follow "set it in"."""
        ...

    def channel(self, account: TextAccount) -> MessageChannel:
        """The way to send texts by an account."""
        ...

    def sender_faults(self, sender: str) -> list[str]:
        """What is wrong with a practice's sender, as sentences for an administrator; empty when it may be used."""
        ...

    def try_account(self, account: TextAccount, longest: float) -> Trial:
        """Whether the account's log-in is taken, in so many seconds at most. Nothing is sent. Raises nothing."""
        ...

    def receipts(self, post: Post, account: TextAccount) -> list[Receipt]:
        """The delivery news in a post; what is no news of a text is left out. Raises NotGenuine."""
        ...

    def incoming(self, post: Post, account: TextAccount) -> IncomingMessage | None:
        """The text from a patient in a post; None when there is none. Raises NotGenuine."""
        ...

    def answer(self, words: str) -> Answer:
        """What to answer to a patient's text, so that these words are texted back; where there are none, nothing is."""
        ...
