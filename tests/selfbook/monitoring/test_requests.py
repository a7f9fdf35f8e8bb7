"""The log of requests: a line for each, and nothing in it by which anybody is found."""

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.http import HttpRequest, StreamingHttpResponse
from django.test import Client, RequestFactory
from pytest_django.fixtures import Settings

from integrations.links import token_for
from practices.models import Practice
from selfbook import logs
from selfbook.monitoring import requests
from tests.factories import make_campaign, make_invitation, make_practice, make_staff

pytestmark = pytest.mark.django_db


class Lines:
    def __init__(self) -> None:
        self.stream = io.StringIO()

    def read(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.stream.getvalue().splitlines()]

    @property
    def of_requests(self) -> list[dict[str, Any]]:
        return [line for line in self.read() if line["logger"] == "selfbook.requests"]


@pytest.fixture
def lines() -> Iterator[Lines]:
    (handler,) = [
        each
        for each in logging.getLogger().handlers
        if isinstance(each, logging.StreamHandler)
        and any(isinstance(part, logs.ContextFilter) for part in each.filters)
    ]
    captured = Lines()
    former, level = handler.setStream(captured.stream), logging.getLogger().level
    logging.getLogger().setLevel(logging.INFO)
    yield captured
    logging.getLogger().setLevel(level)
    handler.setStream(former)


def test_each_request_has_a_line_with_what_it_was_and_how_it_went(client: Client, lines: Lines) -> None:
    client.force_login(make_staff(make_practice()))
    answer = client.get("/")
    (line,) = lines.of_requests
    assert line["route"] == "campaigns:home"
    assert (line["method"], line["status"], line["bytes"]) == ("GET", 200, len(answer.content))
    assert line["ms"] > 0
    assert line["request_id"] == answer.headers["X-Request-Id"]


def test_no_line_has_a_link_a_query_or_an_address(client: Client, lines: Lines) -> None:
    token = token_for(make_invitation(make_campaign(started=True)).id)
    client.get(f"/i/{token}?mobile=07700900123", REMOTE_ADDR="192.0.2.77")
    client.get("/i/A1b2C3d4E5f6G7h8I9j0Kw", REMOTE_ADDR="192.0.2.77")
    client.get("/join/A1b2C3d4E5f6G7h8I9j0Kw/", REMOTE_ADDR="2001:db8::77")
    assert len(lines.of_requests) >= 3
    for personal in (token, "07700900123", "192.0.2.77", "A1b2C3d4", "2001:db8"):
        assert personal not in lines.stream.getvalue()


def test_one_visitor_is_the_same_all_day_and_another_tomorrow(client: Client, lines: Lines, settings: Settings) -> None:
    for address in ("192.0.2.77", "192.0.2.77", "192.0.2.78", "2001:db8::1", "2001:db8::2"):
        client.get("/nowhere/", REMOTE_ADDR=address)
    first, again, other, home, at_home = [line["client"] for line in lines.of_requests]
    assert first == again
    assert first != other
    assert home == at_home, "one household's network"


def test_health_checks_that_are_well_are_no_lines_and_others_are(client: Client, lines: Lines) -> None:
    client.get("/health/live")
    assert lines.of_requests == []
    client.get("/metrics")
    (line,) = lines.of_requests
    assert (line["route"], line["status"]) == ("monitoring", 401)


def test_a_stream_has_its_line_when_it_has_gone(lines: Lines) -> None:
    def answer(_: HttpRequest) -> Any:
        return StreamingHttpResponse(iter([b"ab", b"cde"]))

    response = requests.logged(answer)(RequestFactory().get("/x/"))
    assert lines.of_requests == []
    assert b"".join(response.streaming_content) == b"abcde"  # type: ignore[attr-defined]
    (line,) = lines.of_requests
    assert line["bytes"] == 5


def test_a_body_that_is_not_taken_has_a_line_too(lines: Lines) -> None:
    requests.log_unread("BREW", 413, None, 0.5)
    (line,) = lines.of_requests
    expected = {"method": "other", "route": "body", "status": 413, "ms": 500.0, "bytes": 0, "client": ""}
    assert {name: line[name] for name in expected} == expected


def test_an_error_of_postgresql_keeps_its_names_and_loses_its_values(lines: Lines) -> None:
    practice = make_practice()
    values = {"name": "Example Surgery of Ada", "ods_code": practice.ods_code}
    try:
        with transaction.atomic():
            Practice.objects.create(**values)
    except IntegrityError:
        logging.getLogger("selfbook.test").exception("not kept")
    trace = lines.read()[-1]["exc_info"]
    assert "sqlstate=23505" in trace
    assert "table=practices_practice" in trace
    assert "constraint=" in trace
    assert practice.ods_code not in trace
    assert "Ada" not in trace
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("INSERT INTO practices_practice (name) VALUES (%s)", [values["name"]])
    except IntegrityError:
        logging.getLogger("selfbook.test").exception("not kept")
    trace = lines.read()[-1]["exc_info"]
    assert "sqlstate=23502" in trace
    assert "column=id" in trace
    assert "Ada" not in trace


def test_a_line_has_an_end(lines: Lines) -> None:
    logger = logging.getLogger("selfbook.test")
    logger.info("x" * 100_000)
    logger.info("long", extra={"detail": "y" * 100_000, "many": list(range(10_000)), "deep": {"z": "z" * 100_000}})
    try:
        _deep(3000)
    except RecursionError:
        logger.exception("deep")
    try:
        _chain(300)
    except ValueError:
        logger.exception("chained")
    assert len(lines.read()) == 4
    assert max(map(len, lines.stream.getvalue().splitlines())) < 40_000
    assert "left out" in lines.read()[0]["message"]
    assert lines.read()[-1]["exc_info"].endswith("builtins.ValueError")


def _deep(times: int) -> int:
    return 1 + _deep(times - 1) if times else 0


def _chain(times: int) -> None:
    try:
        if times:
            _chain(times - 1)
    except ValueError as error:
        raise ValueError("made up") from error
    raise ValueError("made up")
