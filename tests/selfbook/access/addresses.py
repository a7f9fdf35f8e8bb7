"""Every address of the service, as the URLconf has it, with the words that it takes filled in."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver, reverse


@dataclass(frozen=True, slots=True)
class Address:
    """One address: its full name (its route where it has none), and the words that it takes."""

    name: str
    takes: tuple[str, ...]
    in_admin: bool

    def path(self, values: Mapping[str, Any]) -> str:
        """The path, with the words it takes out of `words`."""
        return reverse(self.name, kwargs={word: values[word] for word in self.takes})


def _walk(resolver: URLResolver, space: str = "", takes: tuple[str, ...] = ()) -> Iterator[Address]:
    for entry in resolver.url_patterns:
        more = takes + tuple(entry.pattern.regex.groupindex)
        if isinstance(entry, URLResolver):
            within = f"{space}{entry.namespace}:" if entry.namespace else space
            yield from _walk(entry, within, more)
        elif isinstance(entry, URLPattern):
            name = f"{space}{entry.name}" if entry.name else str(entry.pattern)
            yield Address(name, more, space.startswith("admin:"))


ALL = list(_walk(get_resolver("selfbook.urls")))
BY_NAME = {address.name: address for address in ALL if not address.in_admin}
ADMIN = [address for address in ALL if address.in_admin]
