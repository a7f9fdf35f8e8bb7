"""Components that are drawn once for the same words: faster, and never with somebody else's words."""

from jinja2.runtime import Macro
from markupsafe import Markup

from selfbook.pages import jinja
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
    one, other = component(), component(before="Other: ")
    assert jinja.remembered(one, {"text": "Book"}) == "<p>Book 1</p>"
    assert jinja.remembered(other, {"text": "Book"}) == "<p>Other: Book 1</p>"


def test_text_is_escaped_even_where_the_same_was_markup_before() -> None:
    line = component()
    assert jinja.remembered(line, {"text": Markup("<b>")}).startswith("<p><b>")
    assert jinja.remembered(line, {"text": "<b>"}).startswith("<p>&lt;b&gt;")


def test_what_is_remembered_has_an_end() -> None:
    line = component()
    for number in range(3 * jinja._KEPT_MAX):
        jinja.remembered(line, {"text": str(number)})
    assert len(jinja._kept) <= jinja._KEPT_MAX
