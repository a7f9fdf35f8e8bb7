"""The words of a message in the NHS App: patients read what staff wrote, whatever the app takes for formatting."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from integrations.messaging.nhs_notify.app_markdown import app_body, reasons_against, shown
from integrations.sandbox.notify.app_markdown import as_read, is_refused

SIGNS = [
    "*", "_", "#", "> ", "- ", "+ ", "1. ", "12) ", "`", "~~", "[a](b)", "!", "\\", "&lt;", "&amp;", "<", ">", "=",
    "---", "|",
]  # fmt: skip
words = st.lists(
    st.sampled_from(
        [*SIGNS, "a", "B ", " ", "\n", "\n\n", "    ", "é", "https://sb.example/i/a_b-c", "(see ", ")", "."]
    )
).map("".join)


@pytest.mark.parametrize(
    ("text", "body"),
    [
        ("Book: https://sb.example/i/abc", "Book: [https://sb.example/i/abc](https://sb.example/i/abc)"),
        ("https://sb.example/i/a_b.", r"[https://sb.example/i/a\_b](https://sb.example/i/a_b)."),
        ("(https://sb.example/x)", "([https://sb.example/x](https://sb.example/x))"),
        ("Go!https://sb.example/x", r"Go\![https://sb.example/x](https://sb.example/x)"),
        ("One\nTwo", "One  \nTwo"),
        ("One\n \n\nTwo", "One\n\nTwo"),
        ("  - Bring it", r"\- Bring it"),
        ("1. Bring it", r"1\. Bring it"),
        ("# 5 *new* _times_ > 3", r"\# 5 \*new\* \_times\_ > 3"),
        ("> so", r"\> so"),
        (r"a\b", r"a\\b"),
        ("Ann <Annie>", "Ann \u2039Annie\u203a"),
        ("less < than", r"less \< than"),
        ("A&B &lt;", "A&B &amp;lt;"),
    ],
)
def test_how_words_are_written(text: str, body: str) -> None:
    assert app_body(text) == body


@given(words)
@example("<!b")
@example("a\n---\nb")
def test_patients_read_what_staff_wrote(text: str) -> None:
    body = app_body(text)
    assert not is_refused(body)
    assert as_read(body) == shown(text)
    assert shown(shown(text)) == shown(text)
    if not reasons_against(text):
        assert "".join(shown(text).split()) == "".join(text.split())


def test_without_the_escapes_they_would_not() -> None:
    """The stand-in's app does eat what is not escaped."""
    text = "## Flu\nBring *this*:\n* a form\n[here](https://x.example)"
    assert as_read(text) == "Flu\nBring this: \n\u2022 a form here"
    assert as_read(app_body(text)) == text


@pytest.mark.parametrize("text", ["Dear <name>", "a < b\nand c > d", "<>"])
def test_pointed_brackets_are_refused_with_a_remedy(text: str) -> None:
    assert is_refused(text)
    (sentence,) = reasons_against(text)
    assert "pointed brackets" in sentence
    assert not is_refused(app_body(text))


@pytest.mark.parametrize("text", ["5 > 3", "3 < 5", "> <", "Dear {name}"])
def test_one_alone_is_no_harm(text: str) -> None:
    assert reasons_against(text) == []
