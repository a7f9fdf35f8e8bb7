"""Trying a practice's connections for an administrator: a real call each, and what answered in plain words.

No patient is asked about. The time-outs are short: somebody waits for the page.
"""

import logging
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from http import HTTPStatus

from django.utils import timezone

from core.errors import reason_for
from integrations import gateways
from integrations.clinical.calls import to_gateway, to_gp_connect
from integrations.clinical.errors import (
    Busy,
    CertificateFault,
    CertificateRejected,
    ClinicalError,
    LeadsInside,
    NetworkFault,
    NotAuthorised,
    NotEnabled,
    ProxyRefused,
    Unreachable,
    UnreadableAnswer,
)
from integrations.clinical.gateway import Gateway
from integrations.clinical.gp_connect import GpConnect
from integrations.clinical.port import Capabilities, CapabilityAnswer, Connection
from integrations.connections import NotConnected, account_of, actor_of, clinical_connection, notify_account_of
from integrations.messaging.nhs_notify import client as notify_client
from integrations.messaging.nhs_notify.client import NotifyClient, NotifyRefused, Unanswered, Unusable
from integrations.messaging.reasons import INSIDE
from integrations.messaging.registry import text_provider
from integrations.models import ClinicalConnection
from practices.models import Practice, User

logger = logging.getLogger(__name__)

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


_PROXY = "The proxy by which calls leave this network"
_ADDRESS = "Check the address"

_CLINICAL: dict[type[ClinicalError], tuple[str, str]] = {
    ProxyRefused: (
        "proxy_refused",
        f"{_PROXY} did not let us through. Check EGRESS_PROXY, and have whoever runs the proxy allow this host.",
    ),
    LeadsInside: ("inside", INSIDE),
    NotAuthorised: ("refused", "It refused our log-in. Check the address, the ASIDs and the token."),
    NotEnabled: ("not_enabled", "It answered, and the practice has not enabled this yet."),
    Busy: ("down", "It says that it is down or busy. Try again later."),
    UnreadableAnswer: ("unreadable", f"Something answered that is not it. {_ADDRESS}."),
}
_CERTIFICATES: dict[CertificateFault, str] = {
    CertificateFault.OURS_MISSING: (
        "It asks for a client certificate, and none is stored. Enter the one that was issued for this service, with "
        "its private key."
    ),
    CertificateFault.OURS_REFUSED: (
        "It did not accept our client certificate. Enter the one that its authority has issued for this service, such "
        "as the Spine's."
    ),
    CertificateFault.OURS_EXPIRED: (
        "Our client certificate has expired. Ask for a new one, and enter it with its private key."
    ),
    CertificateFault.OURS_UNUSABLE: (
        "The stored certificates cannot be loaded. Enter the client certificate, its private key and the Spine's "
        "authorities again."
    ),
    CertificateFault.THEIRS_UNKNOWN: (
        "Its certificate is from an authority that we do not trust. Enter the certificates of the Spine's authorities. "
        f"If they are stored, they are not the ones that issued it. {_ADDRESS} too."
    ),
    CertificateFault.THEIRS_EXPIRED: (
        "Its own certificate has expired. Tell whoever runs it. If it is valid, check the clock of this machine."
    ),
    CertificateFault.THEIRS_TOO_NEW: (
        "Its own certificate is not valid yet. Check the clock of this machine, or tell whoever runs it."
    ),
    CertificateFault.THEIRS_OTHER_HOST: (
        "Its certificate is for another host name than the address has. Check the host in the address."
    ),
    CertificateFault.THEIRS_REFUSED: "Its own certificate cannot be accepted. Tell whoever runs it.",
    CertificateFault.NO_TLS: "What answers there does not speak TLS. Check the port of the address.",
    CertificateFault.NO_COMMON_TLS: (
        "It speaks no form of TLS that is safe: TLS 1.2 or newer is needed. Tell whoever runs it."
    ),
}
_OF_GATEWAY: dict[CertificateFault, str] = {
    **_CERTIFICATES,
    CertificateFault.OURS_MISSING: (
        "It asks for a client certificate, and record gateways are called without. Have it ask for the token alone."
    ),
    CertificateFault.THEIRS_UNKNOWN: (
        "Its certificate is from an authority that this machine does not trust. Have the gateway use a certificate of "
        "a known authority, or name its authority in SSL_CERT_FILE."
    ),
}
_NETWORK: dict[NetworkFault, str] = {
    NetworkFault.NO_HOST: f"There is no host of this name. {_ADDRESS}, and the DNS of this machine.",
    NetworkFault.REFUSED: "It did not answer: nothing takes calls there. Check the host and the port of the address.",
    NetworkFault.TIMED_OUT: (
        f"It did not answer in time. {_ADDRESS}, and that a firewall lets us through to it, or try again later."
    ),
    NetworkFault.CLOSED: f"It did not answer, and closed the connection. {_ADDRESS}.",
    NetworkFault.PROXY_DOWN: f"{_PROXY} did not answer. Check EGRESS_PROXY, and that the proxy runs.",
    NetworkFault.PROXY_FAILED: f"{_PROXY} could not connect to it. {_ADDRESS}, or try again later.",
    NetworkFault.BROKEN: "It did not answer: the connection broke off. Try again later.",
}
_CLOSED = "Some systems do so when they do not accept a client certificate."
_CLOSED_WITHOUT = f" {_CLOSED} None is stored: enter it with its private key."
_CLOSED_WITH = f" {_CLOSED} Check that the stored one was issued for this service."


def clinical(practice: Practice, by: User) -> list[Result]:
    """GP Connect (today's free slots) and the record gateway (whether it is well)."""
    try:
        connection = clinical_connection(practice)
    except NotConnected:
        return [Result("GP Connect", "none", "No clinical system is connected.")]
    today = timezone.localdate()
    with (
        closing(to_gp_connect(connection, read_tries=1, longest=LONGEST)) as calls,
        closing(to_gateway(connection, read_tries=1, longest=LONGEST)) as gateway_calls,
    ):
        gp_connect = GpConnect(calls, connection, actor_of(by))
        return [
            _gp_connect(connection, lambda: gp_connect.slot_types(today, today)),
            _gateway(practice, Gateway(gateway_calls, connection)),
        ]


_ABILITIES: dict[CapabilityAnswer, str] = {
    CapabilityAnswer.NONE: "It does not say what it can do: codes without a local code are filed by hand.",
    CapabilityAnswer.UNUSABLE: "What it says of itself cannot be read: codes without a local code are filed by hand.",
}


def _gateway(practice: Practice, gateway: Gateway) -> Result:
    """Whether the gateway is well, and what it says that it can do: that is kept for pages and workers."""
    part = "Record gateway"
    if not gateways.has_gateway(practice.id):
        return Result(part, NO_GATEWAY, "None is set. Staff file all codes by hand, from lists by code and day.")
    greeted = _clinical(part, gateway.greet, _OF_GATEWAY)
    if not greeted.is_ok:
        return greeted
    read: list[Capabilities] = []
    asked = _clinical(part, lambda: read.append(gateway.read_capabilities()), _OF_GATEWAY)
    if not read:
        return Result(part, asked.code, f"It is there. Asked what it can do: {asked.words}")
    gateways.keep(ClinicalConnection.objects.get(practice=practice), read[0])
    return Result(part, "ok", f"{greeted.words} {_ABILITIES.get(read[0].answer) or _said(read[0])}")


def _said(capabilities: Capabilities) -> str:
    """What a gateway has said that it can do, for an administrator."""
    local = "finds local codes itself" if capabilities.maps_local_codes else "finds no local codes itself"
    description = "takes" if capabilities.takes_description_ids else "takes no"
    return f"It speaks contract {capabilities.contract}, {local}, and {description} description ids."


def _gp_connect(connection: Connection, call: Callable[[], object]) -> Result:
    """GP Connect, with what its certificates and the Spine Secure Proxy have to do with it."""
    result = _clinical("GP Connect", call, _CERTIFICATES)
    called = connection.ssp_url or connection.gp_connect_url
    hints = ""
    if result.code == _code(NetworkFault.CLOSED) and called.lower().startswith("https"):
        hints = _CLOSED_WITH if connection.certificates.certificate else _CLOSED_WITHOUT
    if connection.ssp_url and not result.is_ok:
        hints += " It was called through the Spine Secure Proxy."
    return replace(result, words=result.words + hints)


def _clinical(part: str, call: Callable[[], object], certificates: Mapping[CertificateFault, str]) -> Result:
    try:
        call()
    except CertificateRejected as error:
        logger.warning("a certificate keeps a connection from working", extra={"part": part, "detail": error.detail})
        return _result(part, _code(error.fault), certificates[error.fault], error)
    except Unreachable as error:
        return _result(part, _code(error.fault), _NETWORK[error.fault], error)
    except tuple(_CLINICAL) as error:
        return _result(part, *reason_for(error, _CLINICAL), error)
    except ClinicalError as error:
        return Result(part, "other", f"It answered something that we do not understand ({error.detail}).")
    return Result(part, "ok", "It answered, and let us in.")


def _code(fault: CertificateFault | NetworkFault) -> str:
    return f"{'certificate' if isinstance(fault, CertificateFault) else 'network'}_{fault.name.lower()}"


def _result(part: str, code: str, message: str, error: ClinicalError) -> Result:
    return Result(part, code, f"{message} ({error.detail})" if error.detail else message)


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
    except notify_client.LeadsInside:
        return [Result(part, "inside", INSIDE)]
    except Unusable:
        return [Result(part, "refused", "The private key or the address cannot be used. Check both.")]
    except Unanswered as error:
        return [Result(part, "down", f"It did not answer. Check the address, or try again later. ({error})")]
    return [Result(part, "ok", "It answered, and let us in.")]
