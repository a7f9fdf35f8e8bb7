"""Damaged letters of names: the right ones where that is certain, and else no name."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patients.names.encoding_repair import mended

NAMES = [
    "Jesús",
    "Zoë",
    "Paweł",
    "Łukasz",
    "Siân",
    "Ŵyn",
    "O\u2019Brien",
    "Nguyễn",
    "Đặng",
    "Ștefan",
    "JESÚS",
    "Mary\u2013Ann",
]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("codec", ["cp1252", "cp1250", "mac_roman", "cp850", "latin-1"])
def test_letters_that_were_encoded_twice(name: str, codec: str) -> None:
    # Windows leaves a few bytes without a character, and programs take them for control characters.
    twice = "".join(bytes([byte]).decode(codec, "ignore") or chr(byte) for byte in name.encode())
    assert mended(twice) == name
    assert mended(name) == name


@pytest.mark.parametrize("name", NAMES)
def test_letters_that_were_encoded_three_times(name: str) -> None:
    assert mended(name.encode().decode("latin-1").encode().decode("latin-1")) == name


@pytest.mark.parametrize(
    ("name", "result"),
    [
        ("Zo\udceb", "Zoë"),
        ("ZO\udccb", "ZOË"),
        ("\udcc9lodie", "Élodie"),
        ("O\udc92Brien", "O\u2019Brien"),
        ("J\udcffe", None),  # a letter that hardly any name has
        ("Zo\udc89", None),  # as MS-DOS writes it
        ("Zo\udccbe", None),  # a capital letter after small ones
    ],
)
def test_a_line_of_windows_in_a_file_of_utf_8(name: str, result: str | None) -> None:
    assert mended(name) == result


@pytest.mark.parametrize(
    "name",
    ["Zo\ufffd", "Jos?e", "Pawe\u00b3", "\u00a3ukasz", "Zo\u2030", "Ren\u017d", "Andr\u201a", "Jes\u221ax", "Zo\u0089"],
)
def test_no_name_where_nobody_can_tell(name: str) -> None:
    assert mended(name) is None


@pytest.mark.parametrize(
    "name",
    [
        "JOÃO",
        "João",
        "Müller",
        "Özşahin",
        "Üşenmez",
        "Çağr\u0131",
        "Žižka",
        "Åse",
        "Çşç",
        "Ïž",
        "علي",
        "王伟",
        "O\u2018Brien",
    ],
)
def test_a_whole_name_stays(name: str) -> None:
    assert mended(name) == name


@given(st.text(max_size=40))
def test_mending_again_changes_nothing(text: str) -> None:
    once = mended(text)
    assert once is None or mended(once) == once
