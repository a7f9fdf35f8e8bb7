"""Searchsets: the resources of one search's pages, and how to come to the next page."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import SplitResult, quote, unquote, urljoin, urlsplit

from integrations.clinical.errors import UnreadableAnswer
from integrations.clinical.gp_connect.fields import Resource, parts, resource_id

_PORTS = {"http": 80, "https": 443}
_UNSAFE = re.compile(r"(^|/)\.{1,2}(/|$)|[\\\x00-\x20]")
# Everything that may stand in an address as it is, and what is encoded already.
_AS_IT_IS = "%:/?#[]@!$&'()*+,;=~"


@dataclass(frozen=True, slots=True)
class Searchset:
    """The resources of a search, in their order. `broken` counts entries of which nobody can tell what they were.

    `by_reference` has them by Type/id, and by the address that their entry had.
    """

    resources: tuple[Resource, ...]
    by_reference: Mapping[str, Resource]
    broken: int

    def of_type(self, name: str) -> list[Resource]:
        """The resources of one type."""
        return [item for item in self.resources if item["resourceType"] == name]


def searchset(pages: Iterable[Resource]) -> Searchset:
    """What stands in the pages of one search. Raises UnreadableAnswer for a page that is no bundle.

    Outcomes beside the resources are remarks of the server, unless they speak of an error: then something is missing.
    """
    resources: list[Resource] = []
    by_reference: dict[str, Resource] = {}
    broken = 0
    for page in pages:
        for entry in _entries(page):
            entry = entry if isinstance(entry, dict) else {}
            resource = entry.get("resource")
            if not isinstance(resource, dict) or not isinstance(resource.get("resourceType"), str):
                broken += 1
            elif resource["resourceType"] == "OperationOutcome":
                broken += any(issue.get("severity") in ("error", "fatal") for issue in parts(resource, "issue"))
            else:
                resources.append(resource)
                by_reference.update(dict.fromkeys(_names(entry, resource), resource))
    return Searchset(tuple(resources), by_reference, broken)


def _entries(page: Resource) -> list[Any]:
    if page.get("resourceType") != "Bundle":
        raise UnreadableAnswer("not a bundle")
    entries = page.get("entry")
    if entries is None:
        return []
    if not isinstance(entries, list):
        raise UnreadableAnswer("malformed bundle")
    return entries


def _names(entry: Mapping[str, object], resource: Resource) -> Iterable[str]:
    """By what others refer to a resource of a bundle."""
    if isinstance(full := entry.get("fullUrl"), str):
        yield full
    try:
        yield f"{resource['resourceType']}/{resource_id(resource)}"
    except ValueError:
        return


def next_address(page: Resource, current: str, base: str) -> str:
    """The provider's address of the page after this one; empty after the last.

    It may be written whole or from `current`, and must lie at or below `base`: no other server is asked, with our token
    and about our patients. Raises UnreadableAnswer for all else, because what is left unread may be what matters.
    """
    links = page.get("link")
    if links is None:
        return ""
    if not isinstance(links, list) or not all(isinstance(link, dict) for link in links):
        raise UnreadableAnswer("malformed links")
    targets = [link.get("url") for link in links if link.get("relation") == "next"]
    if not targets:
        return ""
    target = targets[0]
    if not isinstance(target, str) or not target or any(other != target for other in targets):
        raise UnreadableAnswer("malformed links")
    try:
        address = urljoin(current, quote(target.strip(), safe=_AS_IT_IS)).partition("#")[0]
        if not _is_below(urlsplit(address), urlsplit(base)):
            raise UnreadableAnswer("the next page is elsewhere")
    except ValueError:
        raise UnreadableAnswer("malformed links") from None
    return address


def _is_below(address: SplitResult, base: SplitResult) -> bool:
    """Whether an address is on the same server as the base, and at its path or below it."""
    path, of_base = unquote(address.path), unquote(base.path).rstrip("/")
    return (
        (address.scheme, address.hostname, _port(address)) == (base.scheme, base.hostname, _port(base))
        and address.username is None
        and not _UNSAFE.search(path)
        and (path.rstrip("/") == of_base or path.startswith(f"{of_base}/"))
    )


def _port(address: SplitResult) -> int | None:
    return address.port or _PORTS.get(address.scheme)
