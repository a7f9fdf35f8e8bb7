"""Log lines: one JSON object each, with the request's id, and nothing personal."""

import io
import json
import logging
import re
from collections.abc import Iterator
from typing import Any

import pytest
from celery import Celery
from celery.app.trace import build_tracer
from django.test import Client

from integrations.links import token_for
from selfbook.logs import ContextFilter, request_id
from tests.factories import make_campaign, make_invitation


class Lines:
    """What the product's own handler has written."""

    def __init__(self) -> None:
        self.stream = io.StringIO()

    @property
    def text(self) -> str:
        return self.stream.getvalue()

    def read(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.text.splitlines()]


@pytest.fixture
def lines() -> Iterator[Lines]:
    handlers = [handler for handler in logging.getLogger().handlers if isinstance(handler, logging.StreamHandler)]
    (handler,) = [candidate for candidate in handlers if any(isinstance(f, ContextFilter) for f in candidate.filters)]
    captured = Lines()
    former = handler.setStream(captured.stream)
    level = logging.getLogger().level
    logging.getLogger().setLevel(logging.INFO)
    yield captured
    logging.getLogger().setLevel(level)
    handler.setStream(former)


@pytest.mark.django_db
def test_a_link_is_never_in_a_log_line(client: Client, lines: Lines) -> None:
    unknown = "A1b2C3d4E5f6G7h8I9j0Kw"
    assert client.get(f"/i/{unknown}").status_code == 404
    for path in (f"{unknown}/more?x={unknown[:4]}", f"/{unknown}", f"%20{unknown}", f"%0d%0a{unknown}", f"'{unknown}"):
        assert client.get(f"/i/{path}").status_code == 404
    for path in (f"/I/{unknown}", f"//i/{unknown}", f"/{unknown}", f"/b/{unknown}/"):
        assert client.get(path).status_code == 404
    assert lines.read()
    assert unknown not in lines.text
    assert "/i/-" in lines.text


@pytest.mark.django_db
def test_a_known_link_and_its_patient_are_never_in_a_log_line(client: Client, lines: Lines) -> None:
    invitation = make_invitation(make_campaign(started=True))
    token, patient = token_for(invitation.id), invitation.recipient
    client.get(f"/i/{token}")
    client.post(f"/i/{token}")
    client.post("/b/", {"choice": "book"})
    wrong = {"date_of_birth_day": "30", "date_of_birth_month": "8", "date_of_birth_year": "1985"}
    client.post("/b/date-of-birth/", wrong)
    for personal in (token, patient.nhs_number, patient.mobile, patient.family_name, patient.given_name, "1985"):
        assert personal not in lines.text


@pytest.mark.django_db
def test_lines_carry_the_id_that_the_answer_has(client: Client, lines: Lines) -> None:
    answer = client.get("/nowhere/")
    line, of_the_request = lines.read()
    assert of_the_request["request_id"] == line["request_id"]
    assert line["request_id"] == answer.headers["X-Request-Id"]
    assert re.fullmatch(r"[0-9a-f]{32}", line["request_id"])
    assert {"at", "level", "logger", "message"} <= set(line)
    assert "request" not in line


@pytest.mark.urls("tests.pages.urls")
def test_a_failure_of_ours_carries_it_too(lines: Lines) -> None:
    answer = Client(raise_request_exception=False).get("/broken/")
    assert answer.status_code == 500
    (line,) = [line for line in lines.read() if line["level"] == "ERROR"]
    assert line["request_id"] == answer.headers["X-Request-Id"]


@pytest.mark.django_db
def test_every_request_has_an_id_of_its_own(client: Client) -> None:
    assert len({client.get("/nowhere/").headers["X-Request-Id"] for _ in range(3)}) == 3


def test_a_line_inside_a_request_has_its_id_and_its_other_ids(lines: Lines) -> None:
    token = request_id.set("abc")
    try:
        logging.getLogger("campaigns.sending.issuing").info("invitations made", extra={"campaign_id": "42", "count": 3})
    finally:
        request_id.reset(token)
    (line,) = lines.read()
    assert (line["request_id"], line["campaign_id"], line["count"]) == ("abc", "42", 3)


def test_a_link_among_the_arguments_is_removed(lines: Lines) -> None:
    logging.getLogger("x").warning("Not found: %s and %s", "/i/secret?a=b", "http://testserver/i/another")
    (line,) = lines.read()
    assert line["message"] == "Not found: /i/- and http://testserver/i/-"


def test_addresses_of_patients_are_not_logged_by_http_packages() -> None:
    for name in ("httpx", "httpcore", "twilio"):
        assert logging.getLogger(name).getEffectiveLevel() >= logging.WARNING


def test_the_words_of_an_error_are_not_logged_but_its_kind_and_place_are(lines: Lines) -> None:
    message = "".join(["Failing row", " contains (Asha)"])  # a traceback quotes the code: the words must not be there
    try:
        try:
            raise ValueError(message)
        except ValueError as cause:
            raise RuntimeError(message) from cause
    except RuntimeError:
        logging.getLogger("x").exception("it broke")
    (line,) = lines.read()
    assert message not in lines.text
    for detail in ("ValueError", "RuntimeError", "test_logs.py"):
        assert detail in line["exc_info"]


def test_a_failed_task_does_not_say_its_error_s_words(lines: Lines) -> None:
    message = "".join(["Failing row", " contains (Asha)"])
    app = Celery("failing", set_as_current=False)

    @app.task(name="failing")
    def fail() -> None:
        raise ValueError(message)

    build_tracer("failing", fail, app=app)("some-id", [], {}, {"id": "some-id", "is_eager": False})
    (line,) = [line for line in lines.read() if line["level"] == "ERROR"]
    assert "failing" in line["message"]
    assert "ValueError" in line["exc_info"]
    assert message not in lines.text


TOKEN = "A1b2C3d4E5f6G7h8I9j0KwA1b2C3d4E5f6G7h8I9j0K"
RESET = "0123456789abcdef0123456789abcdef-cq1abc-A1b2C3d4E5f6G7h8I9j0"


@pytest.mark.hazard("H-19.6")
@pytest.mark.django_db
def test_no_link_of_staff_is_in_a_log_line(client: Client, lines: Lines) -> None:
    client.get(f"/join/{TOKEN}/")
    client.get(f"/account/password/reset/key/{RESET}/")
    for path in (f"/join/{TOKEN}", f"/JOIN/{TOKEN}/", f"/joim/{TOKEN}/", f"/{TOKEN}", f"/join/{TOKEN}/more"):
        client.get(path)
    for path in (f"/account/password/reset/{RESET}/", f"/account/password/reset/key/{RESET}/x", f"/{RESET[:-1]}%"):
        client.get(path)
    assert lines.read()
    assert TOKEN[:30] not in lines.text
    assert RESET[33:] not in lines.text


@pytest.mark.parametrize("secret", ["/join/short", f"/join/{TOKEN}", f"/account/password/reset/key/{RESET}/", "/i/x"])
def test_it_is_struck_out_wherever_it_stands(secret: str, lines: Lines) -> None:
    access = {"path": secret, "method": "GET"}
    logging.getLogger("granian.access").info("%(method)s %(path)s 200", access)
    logging.getLogger("selfbook").warning("at %s", secret, extra={"at": secret, "more": [{"deep": secret}]})
    assert len(lines.read()) == 2
    assert secret.rstrip("/").rpartition("/")[2] not in lines.text.replace("-", "")


def test_ids_of_ours_stay(lines: Lines) -> None:
    """They are how an operator finds a batch."""
    path = "/batches/0f8fad5b-d9cb-469f-a165-70867728950e/patients/"
    logging.getLogger("selfbook").warning("Not Found: %s", path)
    assert path in lines.text
