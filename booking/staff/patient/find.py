"""Finding a patient's invitations, over all batches of a practice, by NHS number, mobile number or name."""

from collections.abc import Sequence
from dataclasses import dataclass

from django import forms
from django.conf import settings
from django.db.models import Q

from booking.models import Booking
from campaigns.models import Invitation
from core.searches import LONGEST
from integrations.messaging.numbers import MobileFault, NotAMobile, parse_mobile
from patients.checks.rows import MOBILE_REASONS
from patients.models import Recipient
from patients.reasons import EXPLANATIONS
from patients.values.nhs_numbers import NotAnNhsNumber, parse_nhs_number
from practices.audit import trail as audit
from practices.models import Practice, User

MOST = 50
"""Invitations shown: who finds more knows too little of whom they look for."""

SHORTEST_NAME = 2


class FindForm(forms.Form):
    """Whom to look for. What it is, is told by its looks."""

    term = forms.CharField(
        label="NHS number, mobile number or name",
        max_length=LONGEST,
        error_messages={
            "required": "Enter an NHS number, a mobile number or a name",
            "max_length": f"What you search for must be {LONGEST} characters or fewer",
        },
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": False}),
    )

    def clean_term(self) -> str:
        """As it was typed. Raises ValidationError for what can find nobody, so that a slip is seen as one."""
        term: str = self.cleaned_data["term"]
        Wanted.read(term)
        return term


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody looks for: one of the three."""

    nhs_number: str = ""
    mobile: str = ""
    names: tuple[str, ...] = ()

    @classmethod
    def read(cls, term: str) -> "Wanted":
        """Tell what a search term is. Raises ValidationError with what is wrong with it."""
        if any(character.isalpha() for character in term):
            names = tuple(term.split())
            if max(map(len, names)) < SHORTEST_NAME:
                raise forms.ValidationError(f"Enter {SHORTEST_NAME} letters of the name or more")
            return cls(names=names)
        try:
            return cls(nhs_number=parse_nhs_number(term))
        except NotAnNhsNumber as error:
            return cls._mobile(term, EXPLANATIONS[error.reason].title)

    @classmethod
    def _mobile(cls, term: str, not_an_nhs_number: str) -> "Wanted":
        """What is no NHS number may be a mobile; what begins like one is told what is wrong with it as one."""
        try:
            return cls(mobile=parse_mobile(term, allow_test_numbers=settings.ALLOW_TEST_NUMBERS).e164)
        except NotAMobile as error:
            is_phone = term.strip().startswith(("0", "+", "(")) and error.kind != MobileFault.UNKNOWN_CHARACTER
            raise forms.ValidationError(
                EXPLANATIONS[MOBILE_REASONS[error.kind]].title if is_phone else not_an_nhs_number
            ) from None


@dataclass(frozen=True, slots=True)
class Patient:
    """One patient, as the newest list has them, with their invitations, newest first."""

    recipient: Recipient
    invitations: list[Invitation]


@dataclass(frozen=True, slots=True)
class SearchResult:
    """Whom a search has found. `more`: there are too many to show."""

    patients: list[Patient]
    bookings: dict[Invitation, Booking]
    more: bool


def find(*, practice: Practice, term: str, by: User) -> SearchResult:
    """The practice's patients whom a term finds, with their invitations. That somebody searched is put on record.

    Three queries, however many are found, and one more for the record.
    """
    wanted = Wanted.read(term)
    rows = Invitation.objects.filter(practice=practice, recipient__practice=practice)
    if wanted.nhs_number:
        rows = rows.filter(recipient__nhs_number=wanted.nhs_number)
    elif wanted.mobile:
        rows = rows.filter(recipient__mobile=wanted.mobile)
    for name in wanted.names:
        rows = rows.filter(Q(recipient__given_name__icontains=name) | Q(recipient__family_name__icontains=name))
    newest = rows.select_related("recipient", "campaign").order_by("-created_at", "id")
    invitations = list(newest[: MOST + 1])
    audit.record("patients.searched", practice=practice, actor=by, found=len(invitations[:MOST]))
    return SearchResult(_by_patient(invitations[:MOST]), bookings_of(invitations[:MOST]), more=len(invitations) > MOST)


def _by_patient(invitations: Sequence[Invitation]) -> list[Patient]:
    patients: dict[str, Patient] = {}
    for invitation in invitations:
        recipient = invitation.recipient
        patients.setdefault(recipient.nhs_number, Patient(recipient, [])).invitations.append(invitation)
    return list(patients.values())


def bookings_of(invitations: Sequence[Invitation]) -> dict[Invitation, Booking]:
    """The current booking of each that has one."""
    bookings = Booking.objects.current().filter(invitation__in=invitations)
    by_id = {booking.invitation_id: booking for booking in bookings}
    return {invitation: by_id[invitation.id] for invitation in invitations if invitation.id in by_id}
