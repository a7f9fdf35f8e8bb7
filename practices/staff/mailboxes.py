"""Which mailbox an email address leads to, so that two ways to write one are seen as one. No database, no network.

Cautious on purpose: two addresses that may lead to one mailbox are taken for one. It decides only who may be a second
person (docs/decisions/0006-second-person.md), and never who may log in.
"""

import unicodedata

_DOMAINS = {
    "googlemail.com": "gmail.com",
    "me.com": "icloud.com",
    "mac.com": "icloud.com",
    "protonmail.com": "proton.me",
    "protonmail.ch": "proton.me",
    "pm.me": "proton.me",
}
"""Domains whose addresses lead to the mailboxes of another domain."""

_IGNORED = {"gmail.com": ".", "proton.me": ".-_"}
"""Characters before the @ that a domain does not look at."""

_ENDS_NAME = dict.fromkeys(("yahoo.com", "yahoo.co.uk", "yahoo.ie", "ymail.com", "rocketmail.com"), "-")
"""What begins a tag there besides the plus sign, which begins one nearly everywhere."""

_ALIKE = str.maketrans(
    {
        **dict(zip("аеорсухіјѕһԁԛԝкмтвнгєпԍѵ", "aeopcyxijshdqwkmtbhrengv", strict=True)),
        **dict(zip("οαβεικνρτυχωγη", "oabeikvptuxwyn", strict=True)),
        **dict(zip("ıłøđħŧɡɑ", "ilodhtga", strict=True)),
    }
)
"""Letters of other alphabets that look like Latin ones. Whoever reads an address cannot tell them apart."""


def mailbox(address: str) -> str:
    """The mailbox of an address, in a form to compare: the same for two addresses that may lead to one place."""
    local, at, domain = address.strip().strip("<>").rpartition("@")
    if not at:
        return _plain(address)
    domain = _plain(".".join(map(_label, domain.strip().strip(".").split("."))))
    domain = _DOMAINS.get(domain, domain)
    local = _plain(local).strip('"')
    for mark in ("+", _ENDS_NAME.get(domain, "+")):
        local = local.partition(mark)[0] or local
    for character in _IGNORED.get(domain, ""):
        local = local.replace(character, "") or local
    return f"{local}@{domain}"


def _label(label: str) -> str:
    """A part of a domain as people read it."""
    if not label.lower().startswith("xn--"):
        return label
    try:
        return label.encode("ascii").decode("idna")
    except UnicodeError:
        return label  # no name at all: compared as it is written


def _plain(text: str) -> str:
    """Small Latin letters without marks, spaces or characters that nobody sees."""
    if text.isascii() and text.isprintable():
        return text.replace(" ", "").lower()  # nearly all are, and every account's is looked at
    apart = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    seen = (letter for letter in apart if unicodedata.category(letter)[0] not in "CZM")
    return "".join(seen).translate(_ALIKE)
