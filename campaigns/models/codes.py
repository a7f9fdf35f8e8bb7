"""SNOMED CT codes that may go with a batch, and those that must not."""

from __future__ import annotations

import uuid
from enum import StrEnum
from typing import Any, ClassVar, Self

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import OuterRef
from django.utils.functional import cached_property
from stdnum import verhoeff

from campaigns.models import code_guards, code_rules
from campaigns.models.snomed import SnomedTerm
from integrations import gateways
from integrations.clinical.profile import LocalCodes
from integrations.clinical.registry import profile_of
from practices.models import Practice, User


class CodeKind(models.TextChoices):
    """What a SNOMED CT concept says happened. Only the first two may go with a batch (snomed-ct#given-or-done)."""

    INVITATION = "invitation", "Invitation"
    DECLINE = "decline", "Decline"
    GIVEN = "given", "Care given: never with a batch"
    OTHER = "other", "Something else: never with a batch"


ONE_SOURCE = "Only one public source: check with your system before use"
"""Shown beside a code whose id was seen published in one place alone, wherever somebody may choose it."""


class ByHand(StrEnum):
    """Why a code is for staff to file, whoever the patient is."""

    NO = ""
    NO_GATEWAY = "no gateway"
    NO_LOCAL_CODE = "no local code"


_ATTACHABLE = (CodeKind.INVITATION, CodeKind.DECLINE)


class Grounds(models.TextChoices):
    """What a code's approval rests on, besides a second person. Empty for what ships with the product."""

    RELEASE = "release", "The SNOMED CT release has this id and term"
    ADMINISTRATOR = "administrator", "An administrator looked it up"
    EARLIER = "earlier", "Approved before codes belonged to practices"


def validate_concept_id(value: str) -> None:
    """Raise ValidationError unless the text has the form of a SNOMED CT concept id (snomed-ct#identifiers)."""
    if not (value.isascii() and value.isdigit() and 6 <= len(value) <= 18 and not value.startswith("0")):
        raise ValidationError("A SNOMED CT id is 6 to 18 digits and does not start with 0.")
    if not verhoeff.is_valid(value):
        raise ValidationError("The check digit is wrong: was the id mistyped, or shortened by a spreadsheet?")
    if value[-3:-1] not in ("00", "10"):
        raise ValidationError("This is the id of a description or a relationship. Use the concept's id.")


class SnomedCodeQuerySet(models.QuerySet["SnomedCode"]):
    """Codes by whose they are and whether they may be sent with a batch."""

    def usable(self, kind: CodeKind, practice: Practice | None = None) -> Self:
        """The codes of a kind that a practice's staff may choose and send with: its own, and everybody's.

        Without a practice only everybody's. A concept that administrators list as never going with a batch goes with
        none, whatever a practice has approved.
        """
        whose = models.Q(practice=None) | models.Q(practice=practice)
        never = SnomedCode.objects.shared().exclude(kind__in=_ATTACHABLE).filter(concept_id=OuterRef("concept_id"))
        mine = self.filter(whose, kind=kind, active=True, approved_at__isnull=False)
        return mine.exclude(models.Exists(never))

    def shared(self) -> Self:
        """Those of no practice: for every practice, or listed as never to go with a batch."""
        return self.filter(practice=None)


class SnomedCode(models.Model):
    """A SNOMED CT concept that staff may choose, with EMIS's own code for it where that is known.

    Everybody's, or one practice's own: then what it says, and who answers for that, are that practice's alone, and
    another practice may have the same concept in other words. What anybody writes here goes into records, so a second
    person must approve it (`campaigns/codes`). A code that ships with the product has `approved_at` alone: the product
    answers for it.
    """

    id = models.CharField(
        max_length=36, primary_key=True, editable=False, help_text="The SNOMED CT id, or a practice's own one."
    )
    concept_id = models.CharField("SNOMED CT id", max_length=18, validators=[validate_concept_id])
    practice = models.ForeignKey(
        Practice,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        help_text="Whose own it is. Empty: every practice may use it.",
    )
    term = models.CharField(max_length=255)
    kind = models.CharField(max_length=12, choices=CodeKind)
    emis_scheme = models.CharField("EMIS scheme", max_length=10, blank=True, help_text="Such as READ2.")
    emis_code = models.CharField("EMIS code", max_length=20, blank=True, help_text="EMIS keeps no code without it.")
    ctv3_code = models.CharField("CTV3 code", max_length=10, blank=True, help_text="SystmOne's older code.")
    source = models.CharField(max_length=120, blank=True, help_text="Where its id and term were published.")
    one_source = models.BooleanField(
        "only one public source",
        default=False,
        db_default=False,
        editable=False,
        help_text="Its id was seen published in one place alone (snomed-ct#shipped-codes).",
    )
    active = models.BooleanField(default=True)
    proposed_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, editable=False, related_name="+"
    )
    approved_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, editable=False, related_name="+"
    )
    proposed_at = models.DateTimeField(null=True, blank=True, editable=False)
    approved_at = models.DateTimeField(null=True, blank=True, editable=False)
    grounds = models.CharField(max_length=13, choices=Grounds, blank=True, editable=False)
    shared_from = models.ForeignKey(
        "self",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        help_text="The practice's own code that an administrator shared with all.",
    )

    objects = SnomedCodeQuerySet.as_manager()

    class Meta:
        verbose_name = "SNOMED CT code"
        ordering: ClassVar = ["term"]
        triggers: ClassVar = [code_guards.whose()]
        constraints: ClassVar = [
            # A batch's reference to its codes names their kind too (migration 0007), and this is what it refers to.
            models.UniqueConstraint(fields=["id", "kind"], name="code_of_its_kind"),
            models.UniqueConstraint(
                fields=["practice", "concept_id"],
                name="code_of_a_practice_once",
                violation_error_message="The practice has this code already.",
            ),
            # So everybody's code of a concept is there once, too.
            models.CheckConstraint(
                condition=models.Q(practice=None, id=models.F("concept_id"))
                | models.Q(practice__isnull=False) & ~models.Q(id=models.F("concept_id")),
                name="code_id_says_whose",
            ),
            models.CheckConstraint(
                condition=models.Q(practice=None)
                | models.Q(proposed_by__isnull=False, shared_from=None)
                & (models.Q(approved_at=None) | ~models.Q(grounds="")),
                name="code_of_a_practice_is_somebodys",
            ),
            models.CheckConstraint(condition=models.Q(grounds__in=["", *Grounds.values]), name="code_grounds_known"),
            models.CheckConstraint(
                condition=models.Q(concept_id__regex=r"^[1-9][0-9]{2,14}(00|10)[0-9]$"), name="code_is_a_concept"
            ),
            models.CheckConstraint(condition=models.Q(kind__in=CodeKind.values), name="code_kind_known"),
            models.CheckConstraint(
                name="code_approved_by_a_second_person",
                condition=models.Q(approved_at=None, approved_by=None)
                | models.Q(approved_at__isnull=False, approved_by=None, proposed_by=None)
                | models.Q(approved_at__isnull=False, approved_by__isnull=False, proposed_by__isnull=False)
                & ~models.Q(approved_by=models.F("proposed_by")),
                violation_error_message="The person who wrote a code cannot approve it.",
            ),
        ]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.take_id()

    def __str__(self) -> str:
        return self.term

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save a code that is right: not only forms write codes. Raises ValidationError."""
        self.take_id()
        self.full_clean()
        super().save(*args, **kwargs)

    def take_id(self) -> None:
        """Give a new code its id: its concept's where it is everybody's, so that there is one; a random one else."""
        if not self.id and self.concept_id:
            self.id = self.concept_id if self.practice_id is None else str(uuid.uuid4())

    def local_code(self, kind: LocalCodes) -> tuple[str, str]:
        """The scheme and the value of its local code of a kind; empty where none is wanted, or none is known."""
        if kind is LocalCodes.EMIS:
            return self.emis_scheme, self.emis_code
        return ("CTV3", self.ctv3_code) if kind is LocalCodes.CTV3 and self.ctv3_code else ("", "")

    def local_code_for(self, practice: Practice) -> tuple[str, str]:
        """The local code that a practice's clinical system is given with it, in the same way."""
        return self.local_code(profile_of(practice.clinical_system).local_codes)

    def by_hand_in(self, practice: Practice) -> ByHand:
        """Why a practice's staff must file it themselves, as far as is known; NO where the gateway will."""
        if not gateways.has_gateway(practice.id):
            return ByHand.NO_GATEWAY
        wanted = profile_of(practice.clinical_system).local_codes
        if wanted is LocalCodes.NONE or self.local_code(wanted)[1] or gateways.last_known(practice.id).maps_local_codes:
            return ByHand.NO
        return ByHand.NO_LOCAL_CODE

    @property
    def caution(self) -> str:
        """What somebody who may choose it must know; empty where there is nothing."""
        return ONE_SOURCE if self.one_source else ""

    @cached_property
    def description_id(self) -> str:
        """The id of its term in the loaded SNOMED CT release; empty where that has no such term."""
        same = SnomedTerm.objects.filter(pk=self.concept_id, term=self.term).values_list("description_id", flat=True)
        return same.first() or ""

    def clean(self) -> None:
        """Keep the kinds apart. A code that was wrong all along may still be switched off."""
        super().clean()
        if bool(self.emis_scheme) is not bool(self.emis_code):
            raise ValidationError({"emis_code": "Give both the EMIS code and its scheme, or neither."})
        if self.kind in _ATTACHABLE and (self.active or self._state.adding):
            if reason := code_rules.reason_against_id(self.concept_id):
                raise ValidationError({"concept_id" if self._state.adding else "kind": reason})
            if reason := code_rules.reason_against_term(self.term, decline=self.kind == CodeKind.DECLINE):
                raise ValidationError({"term": reason})
            if self.practice_id is not None and self._is_never_for_a_batch():
                raise ValidationError({"concept_id": "Administrators list this code as one that goes with no batch."})
        if not self._state.adding and self._attached_as_another_kind():
            raise ValidationError({"kind": "Batches use this code as what it was. Switch it off instead."})

    def _is_never_for_a_batch(self) -> bool:
        never = SnomedCode.objects.shared().exclude(kind__in=_ATTACHABLE)
        return never.filter(concept_id=self.concept_id).exists()

    def _attached_as_another_kind(self) -> bool:
        if SnomedCode.objects.filter(pk=self.pk, kind=self.kind).exists():
            return False
        batches = self._meta.apps.get_model("campaigns", "Campaign")._default_manager  # its module needs this one
        own = models.Q(invitation_code=self) | models.Q(decline_code=self) | models.Q(invitation_codes__code=self)
        return batches.filter(own).exists()

    @property
    def is_approved(self) -> bool:
        """A second person, or the product, answers for what it says."""
        return self.approved_at is not None

    @property
    def is_usable(self) -> bool:
        """Whether staff of the practices that it is for may choose it, and send with it."""
        return self.active and self.is_approved and self.kind in _ATTACHABLE
