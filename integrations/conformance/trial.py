"""One trial of a gateway: how it is called, what it has answered so far, and what is asked of an answer."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from http import HTTPStatus
from typing import Any, NoReturn
from urllib.parse import quote
from uuid import UUID, uuid4

import httpx

_ERROR_CODE = re.compile(r"[A-Z][A-Z0-9_]{0,60}", re.ASCII)


class Broken(Exception):
    """A rule does not hold: what is wrong, without anything about a patient."""


class NotTried(Exception):
    """A rule could not be tried, or was not asked to be: why."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What a gateway is tried with. `patient` is a test patient's NHS number, `unknown` one that nobody there has.

    `write`: entries may be filed for the patient. `born` is the date of birth that their record must have then; None
    where the number is of the range for tests. `wait`: seconds in which an entry that was taken must show.
    """

    patient: str
    unknown: str
    concept_id: str
    term: str
    unknown_concept_id: str
    description_id: str = ""
    local_scheme: str = ""
    local_code: str = ""
    write: bool = False
    born: date | None = None
    wait: float = 30.0


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer of the gateway. `body` is its JSON; None where it has none."""

    call: str
    status: int
    headers: httpx.Headers
    content: bytes
    body: Any

    @property
    def error_code(self) -> str:
        """The code of an error; empty where there is none that may be repeated."""
        code = self.body.get("code") if isinstance(self.body, dict) else None
        return code if isinstance(code, str) and _ERROR_CODE.fullmatch(code) else ""

    @property
    def is_error(self) -> bool:
        """Whether it refuses, or fails."""
        return self.status >= HTTPStatus.BAD_REQUEST

    def __str__(self) -> str:
        return f"{self.status} {self.error_code}".strip()


@dataclass(slots=True)
class Trial:
    """A gateway that is being tried. `answers` are all so far; the rest is what earlier rules have learned."""

    client: httpx.Client
    token: str
    subject: Subject
    answers: list[Answer] = field(default_factory=list)
    health_asked: bool = False
    is_there: bool = False
    local_id: str = ""
    takes_description_ids: bool = False
    may_write: bool = False
    key: UUID = field(default_factory=uuid4)
    filed: Answer | None = None
    day: str = field(default_factory=lambda: date.today().isoformat())
    """Of every entry: a key's body must be the same after midnight."""

    def get(self, path: str, query: Mapping[str, str] | None = None, *, token: str | None = "") -> Answer:
        """Read. `token` replaces the right one; None leaves it out. Raises httpx.HTTPError, NotTried."""
        return self._call("GET", path, token, params=query)

    def post(self, path: str, body: object, *, key: UUID | None, token: str | None = "") -> Answer:
        """Write, with a key or without one; a body of bytes is sent as it is. Raises httpx.HTTPError, NotTried."""
        headers = {"Content-Type": "application/json"} | ({"Idempotency-Key": str(key)} if key else {})
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self._call("POST", path, token, content=content, headers=headers)

    def _call(self, method: str, path: str, token: str | None, **sent: Any) -> Answer:
        if self.health_asked and not self.is_there:
            raise NotTried("it did not answer for its health")
        headers = {"Accept": "application/json", "X-Request-Id": str(uuid4()), **sent.pop("headers", {})}
        if token is not None:
            headers["Authorization"] = f"Bearer {token or self.token}"
        response = self.client.request(method, path, headers=headers, **sent)
        try:
            body = json.loads(response.content)
        except ValueError:
            body = None
        # Paths may have a patient's id in them: what a call was is said by its kind.
        kind = f"{method} {re.sub(r'(?<=/patients/)[^/]+', '{local_id}', path)}"
        answer = Answer(kind, response.status_code, response.headers, response.content, body)
        self.answers.append(answer)
        return answer

    @property
    def codes_path(self) -> str:
        """Where the test patient's entries are. Raises NotTried while their record is not known."""
        if not self.local_id:
            raise NotTried("the test patient could not be read")
        return f"/v1/patients/{quote(self.local_id, safe='')}/codes"

    def entry(self, **changes: object) -> dict[str, object]:
        """The entry that is filed for the test patient, with these fields changed; None leaves one out."""
        subject = self.subject
        content: dict[str, object] = {"snomed": subject.concept_id, "date": self.day}
        content["text"] = subject.term
        if subject.local_code:
            content["local"] = {"scheme": subject.local_scheme, "value": subject.local_code}
        return {name: value for name, value in (content | changes).items() if value is not None}

    def require_writing(self) -> None:
        """Raises NotTried unless entries may be filed for the test patient."""
        if not self.subject.write:
            raise NotTried("it writes to a record: ask for it with --write")
        if not self.may_write:
            raise NotTried("nothing is written to this patient's record")


def broken(why: str) -> NoReturn:
    """A rule does not hold, for this reason."""
    raise Broken(why)


def expect(answer: Answer, *statuses: int) -> None:
    """Raises Broken unless the answer has one of these statuses."""
    if answer.status not in statuses:
        broken(f"{answer.call}: {answer}, not {' or '.join(map(str, statuses))}")


def expect_refusal(answer: Answer, statuses: tuple[int, ...], *codes: str) -> None:
    """Raises Broken unless the answer is a refusal of such a status with one of these codes."""
    expect(answer, *statuses)
    if answer.error_code not in codes:
        broken(f"{answer.call}: the code is {answer.error_code or 'missing'}, not {' or '.join(codes)}")


def object_of(answer: Answer) -> dict[str, Any]:
    """The JSON object of an answer. Raises Broken where it is none."""
    if not isinstance(answer.body, dict):
        broken(f"{answer.call}: the answer is no JSON object")
    return answer.body


def text_in(body: Mapping[str, Any], name: str) -> str:
    """A text that is not empty. Raises Broken where it is missing or something else."""
    value = body.get(name)
    if not isinstance(value, str) or not value:
        broken(f"{name} is {'missing' if name not in body else 'no text'}")
    return value


def flag_in(body: Mapping[str, Any], name: str, default: bool | None = None) -> bool:
    """True or false. Raises Broken where it is something else, or is missing without a default."""
    value = body.get(name, default)
    if not isinstance(value, bool):
        broken(f"{name} is {'missing' if name not in body else 'neither true nor false'}")
    return value


def day_in(body: Mapping[str, Any], name: str) -> date:
    """A whole date as `YYYY-MM-DD`. Raises Broken where it is missing or something else."""
    value = text_in(body, name)
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}", value, re.ASCII) is None:
        broken(f"{name} is no whole date (YYYY-MM-DD)")
    try:
        return date.fromisoformat(value)
    except ValueError:
        broken(f"{name} is no date that there is")
