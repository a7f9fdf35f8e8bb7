"""Components that are drawn once for the same words: faster, and never with somebody else's words."""

import pytest
from jinja2.runtime import Macro
from markupsafe import Markup

from selfbook.pages import jinja
from tests.html import Page, text_of
from tests.pages.site.test_jinja import ENVIRONMENT


def component(name: str = "line", before: str = "") -> Macro:
    """A component that tells how often it was drawn."""
    source = f"{{% macro {name}(params) %}}<p>{before}{{{{ params.text }}}}{{{{ drawn() }}}}</p>{{% endmacro %}}"
    times: list[None] = []

    def drawn() -> str:
        times.append(None)
        return f" {len(times)}"

    macro: Macro = getattr(ENVIRONMENT.from_string(source, globals={"drawn": drawn}).module, name)
    return macro


def test_a_component_is_drawn_once_for_the_same_words() -> None:
    line = component()
    assert jinja.remembered(line, {"text": "Book"}) == jinja.remembered(line, {"text": "Book"}) == "<p>Book 1</p>"
    assert jinja.remembered(line, {"text": "Decline"}) == "<p>Decline 2</p>"


def test_components_of_one_name_are_not_mixed_up() -> None:
    first, other = component(), component(before="Other: ")
    assert jinja.remembered(first, {"text": "Book"}) == "<p>Book 1</p>"
    assert jinja.remembered(other, {"text": "Book"}) == "<p>Other: Book 1</p>"


def test_text_is_escaped_even_where_the_same_was_markup_before() -> None:
    line = component()
    assert jinja.remembered(line, {"text": Markup("<b>")}).startswith("<p><b>")
    assert jinja.remembered(line, {"text": "<b>"}).startswith("<p>&lt;b&gt;")


def test_what_is_remembered_has_an_end() -> None:
    line = component()
    for number in range(3 * jinja._CACHE_MAX):
        jinja.remembered(line, {"text": str(number)})
    assert len(jinja._cache) <= jinja._CACHE_MAX


HEAD = ["Who", {"text": "Patients", "format": "numeric"}]


def drawn_table(rows: list[list[object]]) -> Page:
    source = """{% from "components/tables.jinja" import data_table %}{{ data_table("found", head, rows) }}"""
    return Page(ENVIRONMENT.from_string(source).render(head=HEAD, rows=rows))


def test_a_table_has_its_own_values_each_time() -> None:
    for who in ("Ada & <Co>", "Tom"):
        (row,) = drawn_table([[who, 1200]]).rows
        assert [text_of(cell) for cell in row] == [f"Who {who}", "Patients 1200"]
    assert drawn_table([]).rows == []


def test_values_are_text_unless_they_are_markup() -> None:
    page = drawn_table([[Markup("<b>Ada</b>"), "<b>2</b>"], ["\1", "{{ 3 }}"]])
    assert [text_of(element) for element in page.all("b")] == ["Ada"]
    assert text_of(page.rows[0][1]) == "Patients <b>2</b>"
    assert text_of(page.rows[1][1]) == "Patients {{ 3 }}"


def test_numbers_stand_on_the_right_below_their_heading() -> None:
    page = drawn_table([["Ada", 2], ["Tom", 3]])
    assert [text_of(cell) for cell in page.with_class("nhsuk-table__cell--numeric")] == ["Patients 2", "Patients 3"]
    assert len(page.with_class("nhsuk-table__header--numeric")) == 1


def test_a_row_has_a_value_for_each_heading() -> None:
    with pytest.raises(ValueError, match="zip"):
        drawn_table([["Ada"]])
