"""Where the next page of a search may be (gp-connect#odd-answers)."""

import pytest

from integrations.clinical.errors import UnreadableAnswer
from integrations.clinical.gp_connect.bundles import next_address

BASE = "https://provider.example.nhs.uk/A00099/STU3/1/gpconnect"
FIRST = f"{BASE}/Slot?status=free"


def page(*links: object) -> dict[str, object]:
    return {"resourceType": "Bundle", "link": list(links)}


def following(url: object) -> dict[str, object]:
    return {"relation": "next", "url": url}


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (f"{BASE}/Slot?_page=2", f"{BASE}/Slot?_page=2"),
        ("https://PROVIDER.example.nhs.uk:443/A00099/STU3/1/gpconnect?_getpages=1", None),
        ("Slot?_page=2", f"{BASE}/Slot?_page=2"),
        ("?_page=2", f"{BASE}/Slot?_page=2"),
        ("/A00099/STU3/1/gpconnect/Slot?_page=2", f"{BASE}/Slot?_page=2"),
        (f"{BASE}/Slot?f=a|b&t=%2B1#here", f"{BASE}/Slot?f=a%7Cb&t=%2B1"),
    ],
)
def test_the_next_page_is_at_or_below_the_base(written: str, expected: str | None) -> None:
    links = page({"relation": "self", "url": FIRST}, following(written))
    assert next_address(links, FIRST, BASE) == (expected or written)


@pytest.mark.parametrize("links", [None, [], [{"relation": "self", "url": FIRST}]])
def test_the_last_page_has_none(links: object) -> None:
    assert next_address({"resourceType": "Bundle", "link": links}, FIRST, BASE) == ""


@pytest.mark.parametrize(
    "written",
    [
        "http://provider.example.nhs.uk/A00099/STU3/1/gpconnect/Slot",
        "https://provider.example.nhs.uk:8443/A00099/STU3/1/gpconnect/Slot",
        "https://elsewhere.example.nhs.uk/A00099/STU3/1/gpconnect/Slot",
        "https://somebody@provider.example.nhs.uk/A00099/STU3/1/gpconnect/Slot",
        "//elsewhere.example.nhs.uk/A00099/STU3/1/gpconnect/Slot",
        "https://provider.example.nhs.uk/A00098/STU3/1/gpconnect/Slot",
        "https://provider.example.nhs.uk/A00099/STU3/1/gpconnectors/Slot",
        f"{BASE}/../../../../A00098/STU3/1/gpconnect/Slot",
        f"{BASE}/%2e%2e/%2e%2e/Slot",
        f"{BASE}/..%5cSlot",
        "https://[not an address/Slot",
        "https://provider.example.nhs.uk:port/Slot",
        "file:///etc/hosts",
        "javascript:1",
        "",
        None,
        7,
    ],
)
def test_nothing_else_is_asked(written: object) -> None:
    with pytest.raises(UnreadableAnswer):
        next_address(page(following(written)), FIRST, BASE)


@pytest.mark.parametrize("links", [5, {}, ["next"], [following("?a=1"), following("?a=2")]])
def test_links_that_cannot_be_read_may_have_been_a_next_page(links: object) -> None:
    with pytest.raises(UnreadableAnswer):
        next_address({"resourceType": "Bundle", "link": links}, FIRST, BASE)
