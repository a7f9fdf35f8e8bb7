"""The environment that pages are rendered in, and the templates themselves."""

from pathlib import Path

import pytest
from django.conf import settings
from django.template import engines
from jinja2 import nodes

ENVIRONMENT = engines["jinja2"].env  # type: ignore[attr-defined] # the Jinja2 backend's own attribute
TEMPLATES = sorted(
    str(path.relative_to(settings.BASE_DIR / "templates"))
    for path in Path(settings.BASE_DIR / "templates").rglob("*")
    if path.suffix in {".jinja", ".txt"}
)


def test_what_people_typed_is_escaped() -> None:
    html = engines["jinja2"].from_string("{{ name }}").render({"name": '<script>"'})
    assert html == "&lt;script&gt;&#34;"


def test_what_people_typed_is_never_a_template() -> None:
    html = engines["jinja2"].from_string("{{ name }}").render({"name": "{{ config.SECRET_KEY }}"})
    assert html == "{{ config.SECRET_KEY }}"


@pytest.mark.parametrize("name", TEMPLATES)
def test_every_template_compiles_and_uses_what_it_imports(name: str) -> None:
    source = (settings.BASE_DIR / "templates" / name).read_text(encoding="utf-8")
    tree = ENVIRONMENT.parse(source)
    imported = {
        alias[1] if isinstance(alias, tuple) else alias
        for node in tree.find_all(nodes.FromImport)
        for alias in node.names
    }
    used = {node.name for node in tree.find_all(nodes.Name) if node.ctx == "load"}
    ENVIRONMENT.get_template(name)
    children = [other for other in TEMPLATES if f'"{name}"' in _extends(other)]
    for child in children:
        used |= {node.name for node in ENVIRONMENT.parse(_read(child)).find_all(nodes.Name) if node.ctx == "load"}
    assert imported <= used, f"imported and not used: {imported - used}"


def _read(name: str) -> str:
    return (settings.BASE_DIR / "templates" / name).read_text(encoding="utf-8")


def _extends(name: str) -> str:
    return _read(name).partition("{% extends ")[2][:80]
