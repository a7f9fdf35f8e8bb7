"""Trying a practice's connections for an administrator: a real call each, and what answered in plain words.

No patient is asked about. The time-outs are short: somebody waits for the page.
"""

from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus

from django.utils import timezone

from core.errors import reason_for
from integrations import gateways
from integrations.clinical.calls import Calls
from integrations.clinical.gateway import Gateway
from integrations.clinical.gp_connect import GpConnect
from integrations.clinical.port import (
    Busy,
    Capabilities,
    CapabilityAnswer,
    ClinicalError,
    NotAuthorised,
    NotEnabled,
    UnreadableAnswer,
)
from integrations.connections import NotConnected, account_of, actor_of, clinical_connection, notify_account_of
from integrations.messaging.nhs_notify.client import NotifyClient, NotifyRefused, Unanswered, Unusable
from integrations.messaging.registry import text_provider
from integrations.models import ClinicalConnection
from practices.models import Practice, User

LONGEST = 5.0
"""Seconds that one call may take after it is connected."""


NO_GATEWAY = "no_gateway"
"""The code of a practice that has chosen to have none."""


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one call: `code` is for the audit trail, `words` for the administrator."""

    part: str
    code: str
    words: str

    @property
    def is_ok(self) -> bool:
        """Whether it answered as it should, or there is nothing to answer."""
        return self.code in ("ok", NO_GATEWAY)


_CLINICAL: dict[type[ClinicalError], tuple[str, str]] = {
    NotAuthorised: ("refused", "It refused our log-in. Check the address, the ASIDs and the token."),
    NotEnabled: ("not_enabled", "It answered, and the practice has not enabled this yet."),
    Busy: ("down", "It did not answer, or said that it is down. Check the address, or try again later."),
    UnreadableAnswer: ("unreadable", "Something answered that is not it. Check the address."),
}


def clinical(practice: Practice, by: User) -> list[Result]:
    """GP Connect (today's free slots) and the record gateway (whether it is well)."""
    calls = Calls(read_tries=1, longest=LONGEST)
    try:
        connection = clinical_connection(practice)
        today = timezone.localdate()
        gp_connect = GpConnect(calls, connection, actor_of(by))
        return [
            _clinical("GP Connect", lambda: gp_connect.slot_types(today, today)),
            _gateway(practice, Gateway(calls, connection)),
        ]
    except NotConnected:
        return [Result("GP Connect", "none", "No clinical system is connected.")]
    finally:
        calls.close()


_ABILITIES: dict[CapabilityAnswer, str] = {
    CapabilityAnswer.NONE: "It does not say what it can do: codes without a local code are filed by hand.",
    CapabilityAnswer.UNUSABLE: "What it says of itself cannot be read: codes without a local code are filed by hand.",
}


def _gateway(practice: Practice, gateway: Gateway) -> Result:
    """Whether the gateway is well, and what it says that it can do: that is kept for pages and workers."""
    part = "Record gateway"
    if not gateways.has_gateway(practice.id):
        return Result(part, NO_GATEWAY, "None is set. Staff file all codes by hand, from lists by code and day.")
    greeted = _clinical(part, gateway.greet)
    if not greeted.is_ok:
        return greeted
    read: list[Capabilities] = []
    asked = _clinical(part, lambda: read.append(gateway.read_capabilities()))
    if not read:
        return Result(part, asked.code, f"It is there. Asked what it can do: {asked.words}")
    gateways.keep(ClinicalConnection.objects.get(practice=practice), read[0])
    return Result(part, "ok", f"{greeted.words} {_ABILITIES.get(read[0].answer) or _said(read[0])}")


def _said(capabilities: Capabilities) -> str:
    """What a gateway has said that it can do, for an administrator."""
    local = "finds local codes itself" if capabilities.maps_local_codes else "finds no local codes itself"
    description = "takes" if capabilities.takes_description_ids else "takes no"
    return f"It speaks contract {capabilities.contract}, {local}, and {description} description ids."


def _clinical(part: str, call: Callable[[], object]) -> Result:
    try:
        call()
    except tuple(_CLINICAL) as error:
        code, message = reason_for(error, _CLINICAL)
        return Result(part, code, f"{message} ({error.detail})" if error.detail else message)
    except ClinicalError as error:
        return Result(part, "other", f"It answered something that we do not understand ({error.detail}).")
    return Result(part, "ok", "It answered, and let us in.")


def texts(practice: Practice, by: User) -> list[Result]:
    """The text message account: whether its log-in is taken. Nothing is sent."""
    part = "Text messages"
    try:
        account = account_of(practice)
    except NotConnected:
        return [Result(part, "none", "No text message account is connected.")]
    trial = text_provider(account.provider).try_account(account, LONGEST)
    return [Result(part, trial.code, trial.words)]


def notify(practice: Practice, by: User) -> list[Result]:
    """NHS Notify: whether the log-in is taken, and the practice's list of app users can be read. Nothing is sent."""
    part = "NHS Notify"
    try:
        account = notify_account_of(practice)
        client = NotifyClient(account, longest=LONGEST)
        try:
            client.get("/channels/nhsapp/accounts", {"ods-organisation-code": account.ods_code, "page": "1"})
        finally:
            client.close()
    except NotConnected:
        return [Result(part, "none", "NHS Notify is not connected.")]
    except NotifyRefused as answer:
        if answer.status == HTTPStatus.UNAUTHORIZED:
            return [Result(part, "refused", f"It refused our log-in. Check the three keys. ({answer.code})")]
        if answer.status == HTTPStatus.FORBIDDEN:
            return [Result(part, "not_enabled", f"It answered, and the account may not do this. ({answer.code})")]
        return [Result(part, "down", f"It says that it is down or busy. Try again later. ({answer.code})")]
    except Unusable:
        return [Result(part, "refused", "The private key or the address cannot be used. Check both.")]
    except Unanswered as error:
        return [Result(part, "down", f"It did not answer. Check the address, or try again later. ({error})")]
    return [Result(part, "ok", "It answered, and let us in.")]
