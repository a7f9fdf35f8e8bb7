"""Templates keep to the order of the rooms, as imports do, and their lines are short enough to be read."""

from pathlib import Path

import pytest
from django.template import engines
from django.urls import URLResolver, get_resolver, reverse
from jinja2 import nodes

from campaigns.workspace.page_parts import notices, parts
from core.links import address, links
from tests.project.test_hooks import ROOMS
from tests.project.test_map import ROOT

ENVIRONMENT = engines["jinja2"].env  # type: ignore[attr-defined] # the Jinja2 backend's own attribute
FOLDER = ROOT / "templates"
NAMES = sorted(str(path.relative_to(FOLDER)) for path in FOLDER.rglob("*.jinja"))

WIDEST = 160

_COMPONENTS = "components"
_LAYOUTS = "layouts"
_OF_THE_PROJECT = {"account", "audit", "errors", "information", "mfa", "monitoring", "retention"}
_BY_NAME = {"part", "notice"}
"""The variables whose templates pages include: the hooks of rooms above have filled them."""


def room_of(name: str) -> str:
    """The room that a template belongs to, by its folder; components and layouts are shared."""
    folder = name.split("/")[0]
    return "selfbook" if folder in _OF_THE_PROJECT else folder


def room_of_address(name: str) -> str | None:
    """The room whose address has this name; None where it is of Django's admin, or of the accounts' library."""
    namespace, _, rest = name.partition(":")
    if not rest or namespace == "admin":
        return None
    _, resolver = get_resolver().namespace_dict[namespace]
    assert isinstance(resolver, URLResolver)
    return str(resolver.urlconf_module.__name__).split(".")[0]  # type: ignore[union-attr] # a room's `urls` is a module


def parsed(name: str) -> nodes.Template:
    tree: nodes.Template = ENVIRONMENT.parse((FOLDER / name).read_text(encoding="utf-8"))
    return tree


def included(tree: nodes.Template) -> set[str]:
    """The templates of ours that one names: what it extends, includes and imports."""
    named: set[str] = set()
    for template in (
        *(node.template for node in tree.find_all(nodes.Extends)),
        *(node.template for node in tree.find_all(nodes.Include)),
        *(node.template for node in tree.find_all(nodes.Import)),
        *(node.template for node in tree.find_all(nodes.FromImport)),
    ):
        if isinstance(template, nodes.Const):
            named.add(str(template.value))
        else:
            assert isinstance(template, nodes.Name), "a template's name is not put together"
            assert template.name in _BY_NAME
    return {name for name in named if not name.startswith("nhsuk/")}


def called(tree: nodes.Template, *functions: str) -> set[str]:
    """The first arguments of calls to these functions, as far as the template itself says what they are."""
    given: set[str] = set()
    for call in tree.find_all(nodes.Call):
        if isinstance(call.node, nodes.Name) and call.node.name in functions:
            first = call.args[0]
            constant = first.nodes[0] if isinstance(first, nodes.Concat) else first
            if isinstance(constant, nodes.Const):
                given.add(str(constant.value))
    return given


def may_name(room: str, other: str) -> bool:
    """Whether templates of a room may name templates or addresses of the other."""
    if room == _LAYOUTS or other == _COMPONENTS:
        return True
    if room == _COMPONENTS:
        return False
    return other == _LAYOUTS or ROOMS.index(other) <= ROOMS.index(room)


def test_every_template_is_of_a_room() -> None:
    assert {room_of(name) for name in NAMES} <= {*ROOMS, _COMPONENTS, _LAYOUTS}
    assert len(NAMES) > 100


@pytest.mark.parametrize("name", NAMES)
def test_it_includes_and_links_to_its_own_room_and_those_below(name: str) -> None:
    tree, room = parsed(name), room_of(name)
    assert {other for other in included(tree) if not may_name(room, room_of(other))} == set()
    rooms = {view: room_of_address(view) for view in called(tree, "url", "visit_url")}
    assert {view for view, other in rooms.items() if other and not may_name(room, other)} == set()


@pytest.mark.parametrize("name", NAMES)
def test_links_by_name_lead_up_and_are_registered(name: str) -> None:
    views = {link.name: link.view for link in links}
    for link in called(parsed(name), "link"):
        assert not may_name(room_of(name), str(room_of_address(views[link]))), f"{link}: by its address, then"


def test_an_address_by_name() -> None:
    assert address("home") == reverse("campaigns:home")
    with pytest.raises(LookupError):
        address("nowhere")


def test_each_name_of_a_link_has_one_address() -> None:
    names = [link.name for link in links]
    assert len(set(names)) == len(names)


def test_parts_of_pages_are_of_rooms_above_the_page() -> None:
    templates = [*notices, *(part.template for part in parts)]
    assert templates
    for template in templates:
        assert template in NAMES
        assert not may_name("campaigns", room_of(template))


@pytest.mark.parametrize("name", NAMES)
def test_no_line_is_too_long(name: str) -> None:
    lines = enumerate(Path(FOLDER / name).read_text(encoding="utf-8").splitlines(), start=1)
    assert [number for number, line in lines if len(line) > WIDEST] == []
