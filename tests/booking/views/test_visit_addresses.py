"""Each page of a patient names its visit, and so does whatever is pressed on it: a rule for what is to come as well.

The pages as they are drawn are held to it by every test that has a `tests.tab.Tab`, and by the browser stories.
"""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import URLPattern, URLResolver
from django.utils import timezone

from booking import urls
from booking.views.guards import visit_url
from booking.visits import session
from booking.visits.references import reference_of, root_of
from booking.visits.session import Visit
from integrations.links import token_for
from patients.models import OptOut
from tests.booking.surgery import BORN, boxes
from tests.factories import make_invitation
from tests.tab import astray

OF_NO_VISIT = {"follow", "open_again", "finished", "former"}
"""Where a visit begins, and where there is none."""

ROOT = Path(__file__).resolve().parents[3] / "templates"
TEMPLATES = [*sorted((ROOT / "booking").glob("*.jinja")), ROOT / "layouts" / "patient.jinja"]

_ADDRESS = re.compile(r"""(?:\b(?:href|action|formaction)=|["'](?:href|action)["']:|\bbackHref =)\s*(?=(.+))""")
_GOOD = re.compile(r"""["']?(\{\{ )?visit_url\(|["'](tel:|\?|#|")""")
"""A visit's own address, or one that leads to no page of ours: a phone number, the same page with a query."""


def walk(patterns: Sequence[object], takes: tuple[str, ...] = ()) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Each address by its name, and what it takes."""
    for entry in patterns:
        assert isinstance(entry, URLPattern | URLResolver)
        more = takes + tuple(entry.pattern.converters)
        if isinstance(entry, URLResolver):
            yield from walk(entry.url_patterns, more)
        else:
            yield str(entry.name), more


OF_A_VISIT = [name for name, takes in walk(urls.urlpatterns) if name not in OF_NO_VISIT]


def test_every_address_names_its_visit() -> None:
    lacking = {name for name, takes in walk(urls.urlpatterns) if "reference" not in takes}

    assert lacking == OF_NO_VISIT
    assert {"choose", "stop", "cancel", "finish"} <= set(OF_A_VISIT)


@pytest.mark.django_db
@pytest.mark.parametrize("name", [name for name in OF_A_VISIT if name != "finish"])
def test_no_address_answers_to_another_visit_s_cookie(name: str) -> None:
    """A view that forgets to ask whose visit it is would."""
    own, other, response = make_invitation(), make_invitation(), HttpResponse()
    session.write(response, Visit.opened(own.id).verified())
    client = Client()
    client.cookies[session.cookie_name()] = response.cookies[session.cookie_name()].value
    path = visit_url(Visit.opened(other.id), f"booking:{name}")

    for answer in (client.get(path), client.post(path, {"choice": "book", "slot": "1", "stop": "yes", **boxes(BORN)})):
        assert answer.status_code in (403, 405)
    assert not OptOut.objects.exists()


def addresses_in(source: str) -> list[str]:
    """What a template puts where an address goes, and what follows it in the line."""
    return _ADDRESS.findall(re.sub(r"\{#.*?#\}", "", source, flags=re.DOTALL))


def faults_of(source: str) -> list[str]:
    """Addresses in a template that are not made for its visit."""
    made = re.findall(r"(?<!visit_)\burl\(([^)]*)\)", source)
    named = [some for some in addresses_in(source) if not _GOOD.match(some) and not some.startswith("change")]
    return named + [some for some in made if some != "'booking:open_again'"]


@pytest.mark.hazard("H-01.3")
@pytest.mark.parametrize("template", TEMPLATES, ids=lambda template: template.name)
def test_a_template_makes_addresses_of_the_visit_alone(template: Path) -> None:
    assert faults_of(template.read_text()) == []


@pytest.mark.parametrize(
    "forgetful",
    [
        """<form action="{{ url('booking:decline') }}" method="post">""",
        """<form action="/b/decline/" method="post">""",
        """<a href="{{ request.path }}">Again</a>""",
        """{{ button({"text": "Again", "href": url("booking:times")}) }}""",
        """{{ button({"text": "Again", "href": way.times}) }}""",
        """{% set backHref = url("booking:choose") %}""",
        """<button formaction="/b/cancel/">""",
    ],
)
def test_one_that_forgets_the_visit_is_found(forgetful: str) -> None:
    assert faults_of(forgetful) != []


def test_so_is_a_page_that_is_drawn_with_another_visit_s_address() -> None:
    own, other = reference_of(uuid4()), reference_of(uuid4())

    assert astray(f'<form action="{root_of(own)}decline/"><a href="/b/finished/">', own) == []
    for wrong in (f"{root_of(other)}decline/", "/b/decline/", f"/b/{own}"):
        assert astray(f'<form action="{wrong}">', own) == [wrong]
        assert astray(f'<button formaction="{wrong}">', own) == [wrong]


@pytest.mark.django_db
@pytest.mark.parametrize("kind", [{}, {"expires_at": timezone.now()}], ids=["live", "dead"])
def test_what_is_drawn_once_for_all_leads_to_each_page_s_own_visit(kind: dict[str, Any]) -> None:
    """The footer of a practice is drawn once: its link to the page that stops texts is not."""
    first = make_invitation(**kind)
    other = make_invitation(first.campaign, **kind)

    for invitation in (first, other, first):
        html = Client().get(f"/i/{token_for(invitation.id)}", follow=True).content.decode()
        assert re.findall(r"/b/\w+/stop-texts/", html) == [f"{root_of(reference_of(invitation.id))}stop-texts/"]
