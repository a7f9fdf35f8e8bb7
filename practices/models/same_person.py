"""Whether two accounts are one person, as far as anybody can tell: a decision over facts, without the database.

docs/decisions/0006-second-person.md says why these facts, and what they cannot catch.
"""

import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID


class Relation(StrEnum):
    """What two accounts have to do with each other. Only the first makes somebody a second person."""

    OTHER = "another person"
    SAME = "the same account"
    ADDRESS = "an address in common"
    SESSION = "set up while the other was logged in"
    NAME = "invited by the other, with the same name"
    BROWSER = "invited by the other, with no browser of its own"
    THROUGH = "one person by way of a third account"

    @property
    def is_second_person(self) -> bool:
        """Whether the one may check what the other did."""
        return self is Relation.OTHER


WHY: Mapping[Relation, str] = {
    Relation.SAME: "it is the same account",
    Relation.ADDRESS: "they share an address",
    Relation.SESSION: "one was set up while the other was logged in",
    Relation.NAME: "one invited the other, and they have the same name",
    Relation.BROWSER: "one invited the other, and they have only been used in the same browser",
    Relation.THROUGH: "both belong to the person of a third account",
}
"""How we know, for staff."""


def refusal(relation: Relation, whose: str) -> str:
    """Why somebody is no second person to an account, such as "the one that wrote the code"; empty when they are."""
    if relation.is_second_person:
        return ""
    same = f"This account and {whose} seem to be the same person ({WHY[relation]})."
    return f"{same} Somebody else must check it."


class TieKind(StrEnum):
    """How one account came from another."""

    MADE = "made"
    SESSION = "session"


@dataclass(frozen=True, slots=True)
class Account:
    """What is known of one account: its name, every mailbox that it has had, its browsers and since when."""

    name: str = ""
    mailboxes: frozenset[str] = frozenset()
    browsers: Mapping[UUID, datetime] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Tie:
    """That `account` was invited or added by `to` (made), or joined where `to` was logged in (session)."""

    account: UUID
    to: UUID
    kind: TieKind


def name_to_compare(given: str, family: str) -> str:
    """A name without case, marks, spaces and order: the same for two ways to write one. Empty without letters."""
    plain = unicodedata.normalize("NFKD", f"{given} {family}").casefold()
    parts = "".join(letter if letter.isalpha() else " " for letter in plain if not unicodedata.combining(letter))
    return " ".join(sorted(parts.split()))


def relation(first: UUID, other: UUID, accounts: Mapping[UUID, Account], ties: Iterable[Tie]) -> Relation:
    """What two accounts have to do with each other. Whoever is one person with a third account is so with both."""
    if first == other:
        return Relation.SAME
    near = _neighbours(accounts, ties)
    if direct := near[first].get(other):
        return direct
    reached, ahead = {first}, [first]
    while ahead:
        for account in near[ahead.pop()].keys() - reached:
            reached.add(account)
            ahead.append(account)
    return Relation.THROUGH if other in reached else Relation.OTHER


def _neighbours(accounts: Mapping[UUID, Account], ties: Iterable[Tie]) -> dict[UUID, dict[UUID, Relation]]:
    """For each account those that count as one with it, and how we know."""
    near: dict[UUID, dict[UUID, Relation]] = defaultdict(dict)
    for first, other, how in [*_pair_by_mailbox(accounts), *_pair_by_tie(accounts, ties)]:
        near[first].setdefault(other, how)
        near[other].setdefault(first, how)
    return near


def _pair_by_mailbox(accounts: Mapping[UUID, Account]) -> Iterator[tuple[UUID, UUID, Relation]]:
    sharing: dict[str, list[UUID]] = defaultdict(list)
    for key, account in accounts.items():
        for mailbox in account.mailboxes:
            sharing[mailbox].append(key)
    for keys in sharing.values():
        yield from ((first, other, Relation.ADDRESS) for place, first in enumerate(keys) for other in keys[place + 1 :])


def _pair_by_tie(accounts: Mapping[UUID, Account], ties: Iterable[Tie]) -> Iterator[tuple[UUID, UUID, Relation]]:
    for tie in sorted(ties, key=lambda tie: tie.kind != TieKind.SESSION):  # what is surest is told
        account, maker = accounts.get(tie.account, Account()), accounts.get(tie.to, Account())
        if tie.kind == TieKind.SESSION:
            yield tie.account, tie.to, Relation.SESSION
        elif account.name and account.name == maker.name:
            yield tie.account, tie.to, Relation.NAME
        elif not _has_a_browser_of_its_own(account, maker):
            yield tie.account, tie.to, Relation.BROWSER


def _has_a_browser_of_its_own(account: Account, maker: Account) -> bool:
    """Whether it was ever used in a browser where its maker had not been before."""
    return any(
        browser not in maker.browsers or since < maker.browsers[browser] for browser, since in account.browsers.items()
    )
