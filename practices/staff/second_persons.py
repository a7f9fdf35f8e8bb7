"""Who may be somebody's second person: the facts in the database, for `practices.models.same_person` to judge.

Everything that approves asks here: SNOMED codes, large batches, and what administrators approve.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from django.db import transaction
from django.utils import timezone

from practices.audit import trail as audit
from practices.models import User, same_person
from practices.models.accounts import AccountTie, FormerAddress, UsedBrowser
from practices.models.same_person import Account, Relation, Tie, TieKind
from practices.staff.mailboxes import mailbox


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why somebody may not approve: a word for the audit trail, and a sentence for them."""

    why: str
    sentence: str


class NoThirdPerson(Exception):
    """Whoever says that two accounts are two people must be neither of them."""


def relation(first: User, other: User) -> Relation:
    """What two accounts have to do with each other, by all that is known now."""
    if first.pk == other.pk:
        return Relation.SAME
    rows = AccountTie.objects.filter(two_people_by=None).values_list("account_id", "tied_to_id", "kind")
    ties = [Tie(account, to, TieKind(kind)) for account, to, kind in rows]
    return same_person.relation(first.pk, other.pk, _accounts(ties), ties)


def _accounts(ties: list[Tie]) -> dict[UUID, Account]:
    """Every account: a third one may tie two together. Asked only when somebody approves, or might."""
    boxes: dict[UUID, set[str]] = defaultdict(set)
    for user, address in _addresses():
        if box := mailbox(address):
            boxes[user].add(box)
    browsers: dict[UUID, dict[UUID, datetime]] = defaultdict(dict)
    made = {account for tie in ties for account in (tie.account, tie.to) if tie.kind == TieKind.MADE}
    used = UsedBrowser.objects.filter(user__in=made) if made else UsedBrowser.objects.none()
    for user, browser, since in used.values_list("user_id", "browser", "first_at"):
        browsers[user][browser] = since
    return {
        user: Account(same_person.name_to_compare(given, family), frozenset(boxes[user]), browsers[user])
        for user, given, family in User.objects.values_list("pk", "given_name", "family_name")
    }


def _addresses() -> Iterator[tuple[UUID, str]]:
    """Every address that leads, or once led, to an account: ours, django-allauth's, and those of OpenID Connect."""
    yield from User.objects.values_list("pk", "email")
    yield from FormerAddress.objects.values_list("user_id", "email")
    yield from EmailAddress.objects.values_list("user_id", "email")
    for user, claims in SocialAccount.objects.values_list("user_id", "extra_data"):
        parts = [claims, *claims.values()] if isinstance(claims, dict) else []
        for part in parts:
            if isinstance(part, dict) and isinstance(address := part.get("email"), str) and address:
                yield user, address


def made(*, account: User, by: User) -> None:
    """Note that somebody invited or added a new account. Call it in the transaction that makes the account."""
    AccountTie.objects.get_or_create(account=account, tied_to=by, kind=TieKind.MADE)


def joined_beside(*, account: User, signed_in: User) -> None:
    """Note that an account's invitation was used in a browser where another account was logged in."""
    if account.pk != signed_in.pk:
        AccountTie.objects.get_or_create(account=account, tied_to=signed_in, kind=TieKind.SESSION)


@transaction.atomic
def say_two_people(*, tie: AccountTie, by: User) -> None:
    """An administrator knows that these are two people. Twice is the same as once. Raises NoThirdPerson."""
    locked = AccountTie.objects.select_for_update(of=("self",)).select_related("account", "tied_to").get(pk=tie.pk)
    if locked.two_people_by_id is not None:
        return
    if not all(relation(by, person).is_second_person for person in (locked.account, locked.tied_to)):
        raise NoThirdPerson
    locked.two_people_by, locked.two_people_at = by, timezone.now()
    locked.save(update_fields=["two_people_by", "two_people_at"])
    accounts: dict[str, Any] = {"account": str(locked.account_id), "tied_to": str(locked.tied_to_id)}
    audit.record("account.two_people", practice=None, actor=by, object_id=locked.id, kind=locked.kind, **accounts)
