"""A token that is not ours gets one page, whatever it looks like: the same words, headers and time."""

import re
from collections.abc import Callable, Iterator
from itertools import chain
from random import sample
from statistics import median
from time import perf_counter
from typing import Any
from urllib.parse import quote

import pytest
from django.db import connection
from django.test import Client, RequestFactory
from django.test.client import ClientHandler
from django.test.utils import CaptureQueriesContext

from booking.visits import links
from campaigns.models import Invitation
from integrations.links import token_for
from tests.factories import make_invitation
from tests.html import check_page

pytestmark = pytest.mark.django_db

NOT_OURS = {
    "empty": "",
    "one character": "A",
    "right length and alphabet": "A1b2C3d4E5f6G7h8I9j0Kw",
    "one too short": "A1b2C3d4E5f6G7h8I9j0K",
    "one too long": "A1b2C3d4E5f6G7h8I9j0Kwx",
    "another alphabet": "A1b2C3d4E5f6G7h8I9j0K!",
    "with a full stop": "A1b2C3d4E5f6G7h8I9j0Kw.",
    "with a bracket": "A1b2C3d4E5f6G7h8I9j0Kw)",
    "only signs": "....",
    "a folder above": "../../admin/",
    "a folder above, encoded": "%2e%2e%2fadmin%2f",
    "slashes": "a/b/c/",
    "two slashes": "//A1b2C3d4E5f6G7h8I9j0Kw",
    "NUL": "A1b2C3d4E5%00f6G7h8I9j0Kw",
    "a line break": "A1b2%0d%0aSet-Cookie:%20x=y",
    "half a character": "%ff%fe%80",
    "encoded twice": "%2541%2542",
    "a script": quote("<script>alert(1)</script>"),
    "quotes": quote("' OR 1=1; --"),
    "other scripts": quote("\uff54\uff4f\u0661\u202e"),
    "8 kB": "A" * 8192,
    "8 kB of signs": "%20" * 2700,
    "a query": "A1b2C3d4E5f6G7h8I9j0Kw?x=1",
}
FOR_EACH_ANSWER = {"X-Request-Id"}
ROUNDS, MOST_ROUNDS = 50, 400


def facts(response: Any) -> tuple[int, bytes, frozenset[tuple[str, str]], tuple[str, ...]]:
    """All that an answer tells: its status, bytes, headers and cookies."""
    headers = {(name, value) for name, value in response.items() if name not in FOR_EACH_ANSWER}
    return response.status_code, response.content, frozenset(headers), tuple(response.cookies)


def asked(token: str) -> Any:
    return Client().get(f"/i/{token}")


def cases(invitation: Invitation) -> Iterator[str]:
    """Texts that are not ours, and those that nearly are."""
    token = token_for(invitation.id)
    near = token[:-1] + ("A" if token[-1] != "A" else "E")
    return chain(NOT_OURS.values(), (token[:-1], token + "a", token.swapcase(), near, token[::-1], str(invitation.id)))


def test_the_same_status_bytes_headers_and_cookies() -> None:
    answers = {facts(asked(token)) for token in cases(make_invitation())}

    assert len(answers) == 1
    ((status, _, headers, cookies),) = answers
    assert (status, cookies) == (404, ())
    assert {("Referrer-Policy", "no-referrer"), ("Cache-Control", "no-store")} <= headers


def test_it_says_what_to_do_and_shows_nothing_of_anybody() -> None:
    invitation = make_invitation()

    page = check_page(asked("A1b2C3d4E5f6G7h8I9j0Kw"))

    assert "Go back to your message" in page.text
    assert "phone your GP surgery" in page.text
    assert invitation.practice.name not in page.text
    assert not page.all("form")


def test_a_head_request_tells_as_little() -> None:
    answers = [Client().head(f"/i/{token}") for token in cases(make_invitation())]

    assert {(answer.status_code, answer.content) for answer in answers} == {(404, b"")}


def test_each_costs_one_look_up_of_a_digest() -> None:
    for token in cases(make_invitation()):
        with CaptureQueriesContext(connection) as queries:
            asked(token)
        assert [re.findall(r'WHERE ("[a-z_]+"\.)?"?token_digest"? = ', query["sql"]) != [] for query in queries] == [
            True
        ]


@pytest.mark.parametrize(
    "behind",
    [
        ".",
        ",",
        ")",
        ">",
        ").",
        "!",
        "\u201d",
        "/",
        "?",
        "%20",
        "\u200b",
        "\u00a0",
        "...",
        "\u3002",
        ".Thanks",
        "%0a",
        "*",
    ],
)
def test_what_a_text_message_app_adds_to_a_link_of_ours_is_left_off(behind: str) -> None:
    assert asked(f"{token_for(make_invitation().id)}{behind}").status_code == 303


@pytest.mark.parametrize("before", ["/", "%20", "(", "\u200b"])
def test_so_is_what_came_before_it(before: str) -> None:
    assert asked(f"{before}{token_for(make_invitation().id)}").status_code == 303


def test_a_link_that_was_typed_with_a_capital_i_opens_too() -> None:
    assert Client().get(f"/I/{token_for(make_invitation().id)}").status_code == 303
    assert facts(Client().get("/I/A1b2C3d4E5f6G7h8I9j0Kw")) == facts(asked("x"))


# Time. The machine is busy with other things too: so all kinds take turns in an order that changes, each time is
# compared with the others of its round, and there are more rounds for as long as chance may still be in it.


def unlike(ask: Callable[[str], object], tokens: list[str]) -> float:
    """How many times as long the slowest kind takes as the quickest: the ratio of the medians."""
    compared: dict[str, list[float]] = {token: [] for token in tokens}
    for number in range(MOST_ROUNDS):
        taken = {}
        for token in sample(tokens, len(tokens)):
            begun = perf_counter()
            ask(token)
            taken[token] = perf_counter() - begun
        usual = median(taken.values())
        for token, seconds in taken.items():
            compared[token].append(seconds / usual)
        medians = [median(times) for times in compared.values()]
        if number >= ROUNDS and max(medians) / min(medians) < 1.15:
            break
    return max(medians) / min(medians)


KINDS = ["right length and alphabet", "one too short", "with a bracket", "NUL", "8 kB", "8 kB of signs", "empty"]


def test_every_kind_takes_the_same_time() -> None:
    """The server's time alone: to write a long link takes a browser longer."""
    server = ClientHandler()
    requests = {kind: RequestFactory().get(f"/i/{NOT_OURS[kind]}").environ for kind in KINDS}

    def answered(kind: str) -> None:
        assert server(dict(requests[kind])).status_code == 404

    assert unlike(answered, KINDS) < 1.4


def test_so_does_the_look_up_by_itself() -> None:
    make_invitation()

    assert unlike(links.by_token, [NOT_OURS[kind] for kind in KINDS]) < 1.3


def test_a_look_up_that_is_skipped_for_a_wrong_length_would_be_seen() -> None:
    def hasty(token: str) -> Invitation | None:
        return links.by_token(token) if len(token) == 22 else None

    assert unlike(hasty, [NOT_OURS[kind] for kind in KINDS]) > 3
