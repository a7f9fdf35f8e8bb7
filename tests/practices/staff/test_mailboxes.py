"""Two ways to write an address are one mailbox where they may lead to one place, and two where they do not."""

import pytest

from practices.staff.mailboxes import mailbox


@pytest.mark.parametrize(
    "other",
    [
        "  Ada.Okafor@Example.org ",
        "<ada.okafor@example.org>",
        "ada.okafor+codes@example.org",
        "ada.okafor@example.org.",
        "ADA.OKAFOR@EXAMPLE.ORG",
        "a\u200bda.okafor@example.org",
        "ada.okafor@ex\u00adample.org",
        "\u0430da.okafor@example.org",  # Cyrillic a
        "ada.okaf\u03bfr@example.org",  # Greek omicron
        "ada.okafor@ex\u0430mple.org",
        "ada.okafor@xn--exmple-4nf.org",  # the same domain as machines write it
        "\uff41da.okafor@example.org",  # full width
        "\u00e1da.okafor@example.org",
        '"ada.okafor"@example.org',
    ],
)
def test_one_mailbox(other: str) -> None:
    assert mailbox(other) == mailbox("ada.okafor@example.org")


@pytest.mark.parametrize(
    ("first", "other"),
    [
        ("ada.okafor@gmail.com", "adaokafor@googlemail.com"),
        ("a.d.a@gmail.com", "Ada+second@gmail.com"),
        ("ada@me.com", "ada@icloud.com"),
        ("ada-o@pm.me", "adao@protonmail.com"),
        ("ada-second@yahoo.co.uk", "ada@yahoo.co.uk"),
    ],
)
def test_what_a_domain_does_not_look_at(first: str, other: str) -> None:
    assert mailbox(first) == mailbox(other)


@pytest.mark.parametrize(
    "other",
    ["adaokafor@example.org", "ada.okafor@example.com", "ada-okafor@example.org", "bob@example.org", "+@example.org"],
)
def test_another_mailbox(other: str) -> None:
    assert mailbox(other) != mailbox("ada.okafor@example.org")


@pytest.mark.parametrize(
    "odd", ["", "@", "@example.org", "+@gmail.com", "...@gmail.com", "ada", "a@xn--\u00e9", "\0@\0"]
)
def test_nothing_breaks_it(odd: str) -> None:
    assert isinstance(mailbox(odd), str)
