"""One GP Connect call: its address, its headers, its token, and its answer as a resource (gp-connect#calls)."""

import json
from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Any
from urllib.parse import quote, urlencode
from uuid import uuid4

from integrations.clinical.calls import Calls, Response
from integrations.clinical.errors import UnknownOutcome, UnreadableAnswer
from integrations.clinical.gp_connect.bundles import Searchset, next_address, searchset
from integrations.clinical.gp_connect.errors import read_error, write_error
from integrations.clinical.gp_connect.fields import parsed
from integrations.clinical.gp_connect.token import unsigned_token
from integrations.clinical.port import Actor, Connection

MEDIA_TYPE = "application/fhir+json"
CONTENT_TYPE = f"{MEDIA_TYPE};charset=utf-8"
"""With its encoding, and no space before it (gp-connect#calls)."""
MOST_PAGES = 100
"""Of one search. Fourteen days at a practice are a few thousand slots at the most."""
PREFIX = "urn:nhs:names:services:gpconnect:fhir:rest:"


class Interaction(Enum):
    """What a call does: the end of its interaction id, and the scope that its token must name."""

    FIND_PATIENT = ("search:patient-1", "patient/*.read")
    SEARCH_SLOTS = ("search:slot-1", "organization/*.read")
    BOOK = ("create:appointment-1", "patient/*.write")
    READ_APPOINTMENT = ("read:appointment-1", "patient/*.read")
    PATIENT_APPOINTMENTS = ("search:patient_appointments-1", "patient/*.read")
    CANCEL = ("cancel:appointment-1", "patient/*.write")
    CAPABILITIES = ("read:metadata-1", "organization/*.read")

    @property
    def id(self) -> str:
        """The interaction id as the `Ssp-InteractionID` header has it, in full."""
        return PREFIX + self.value[0]

    @property
    def scope(self) -> str:
        """The `requested_scope` of the call's token, such as patient/*.read."""
        return self.value[1]


class Transport:
    """GP Connect calls for one practice in the name of one actor."""

    def __init__(self, calls: Calls, connection: Connection, actor: Actor) -> None:
        """Call what `connection` names through `calls`, which the caller closes, in the name of `actor`."""
        self._calls = calls
        self._connection = connection
        self._actor = actor

    def read(
        self, interaction: Interaction, path: Sequence[str], query: Sequence[tuple[str, str]] = ()
    ) -> dict[str, Any]:
        """GET a resource. Raises the error that the answer means; UnreadableAnswer when it is no resource."""
        return self.resource_in(self.get(interaction, self.address(path, query)))

    def search(self, interaction: Interaction, path: Sequence[str], query: Sequence[tuple[str, str]]) -> Searchset:
        """GET all pages of a search (gp-connect#odd-answers).

        Raises the error that an answer means; UnreadableAnswer when pages come in a circle, without an end, or from
        elsewhere: nothing may be concluded from some pages of a search.
        """
        first, base = self.address(path, query), self._connection.gp_connect_url.rstrip("/")
        pages, addresses = [], {first}
        address = first
        while True:
            page = self.resource_in(self.get(interaction, address))
            pages.append(page)
            following = next_address(page, self._of_provider(address), base)
            if not following:
                return searchset(pages)
            address = self._through_proxy(following)
            if address in addresses or len(pages) == MOST_PAGES:
                raise UnreadableAnswer("the pages have no end")
            addresses.add(address)

    def get(self, interaction: Interaction, address: str) -> Response:
        """GET what is at an address, and return whatever was answered."""
        return self._calls.get(address, lambda: self._headers(interaction))

    def resource_in(self, answer: Response) -> dict[str, Any]:
        """The resource in the answer to a read. Raises the error that the answer means."""
        if answer.status != 200:
            raise read_error(answer)
        resource = parsed(answer.content)
        if resource is None:
            raise UnreadableAnswer("not a resource")
        return resource

    def write(
        self, method: str, interaction: Interaction, path: Sequence[str], body: Mapping[str, Any], if_match: str = ""
    ) -> dict[str, Any]:
        """POST or PUT a resource, once. Raises UnknownOutcome unless the answer is a resource or a clear refusal."""
        return self.checked(self.send(method, interaction, path, body, if_match))

    def send(
        self, method: str, interaction: Interaction, path: Sequence[str], body: Mapping[str, Any], if_match: str = ""
    ) -> Response:
        """POST or PUT a resource, once, and return whatever was answered."""
        extra = {"Content-Type": CONTENT_TYPE, "Prefer": "return=representation"}
        if if_match:
            extra["If-Match"] = if_match
        content = json.dumps(body).encode()
        return self._calls.send(method, self.address(path), lambda: {**self._headers(interaction), **extra}, content)

    def checked(self, answer: Response) -> dict[str, Any]:
        """The resource in the answer to a write. Raises the error that the answer means."""
        if answer.status not in (200, 201):
            raise write_error(answer)
        resource = parsed(answer.content)
        if resource is None:
            raise UnknownOutcome(f"{answer.status} not a resource")
        return resource

    def address(self, path: Sequence[str], query: Sequence[tuple[str, str]] = ()) -> str:
        """The whole address. The proxy wants the provider's, as it is, after its own."""
        base = self._through_proxy(self._connection.gp_connect_url.rstrip("/"))
        address = "/".join([base, *(quote(part, safe="") for part in path)])
        # `|` and `+` must be percent-encoded: a bare plus arrives as a space.
        return f"{address}?{urlencode(query, quote_via=quote, safe=':/')}" if query else address

    def _through_proxy(self, address: str) -> str:
        """An address of the provider's, or one that has the proxy's before it already, as we call it."""
        return f"{self._proxy}{self._of_provider(address)}"

    def _of_provider(self, address: str) -> str:
        return address.removeprefix(self._proxy)

    @property
    def _proxy(self) -> str:
        return f"{self._connection.ssp_url.rstrip('/')}/" if self._connection.ssp_url else ""

    def _headers(self, interaction: Interaction) -> dict[str, str]:
        return {
            "Ssp-TraceID": str(uuid4()),
            "Ssp-From": self._connection.asid_from,
            "Ssp-To": self._connection.asid_to,
            "Ssp-InteractionID": interaction.id,
            "Authorization": f"Bearer {unsigned_token(self._connection, self._actor, interaction.scope)}",
            "Accept": MEDIA_TYPE,
        }
