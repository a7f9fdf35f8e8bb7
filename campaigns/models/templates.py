"""Messages written beforehand: a practice's own, and everybody's."""

from __future__ import annotations

import uuid
from typing import ClassVar, Self

from django.db import models
from django.db.models.functions import Lower

from campaigns.models import code_guards
from campaigns.models.appointment import DescribedAppointment, plain_details
from campaigns.models.codes import CodeKind, SnomedCode
from practices.models import Practice


class MessageTemplateQuerySet(models.QuerySet["MessageTemplate"]):
    """Templates by whose they are and whether they may be chosen."""

    def live(self) -> Self:
        """Those that may be chosen for a batch."""
        return self.filter(archived_at=None)

    def archived(self) -> Self:
        """Those that have been put away."""
        return self.filter(archived_at__isnull=False)

    def own(self, practice: Practice) -> Self:
        """Those that this practice wrote; the shared ones are not among them."""
        return self.filter(practice=practice)

    def shared(self) -> Self:
        """Those of no practice, which are for every practice; those put away are among them."""
        return self.filter(practice=None)

    def seen_by(self, practice: Practice) -> Self:
        """Those that a practice's pages may show: its own, and the shared ones that are not put away."""
        return self.filter(models.Q(practice=practice) | models.Q(practice=None, archived_at=None))


class MessageTemplate(DescribedAppointment):
    """A message written beforehand: one practice's own, or everybody's.

    A batch copies its words, so that what happens to a template afterwards changes no batch.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    practice = models.ForeignKey(
        Practice, on_delete=models.CASCADE, null=True, blank=True, help_text="Empty: every practice may use it."
    )
    name = models.CharField(max_length=80)
    body = models.TextField(max_length=918, help_text="{name}, {practice} and {link} are filled in for each patient.")
    decline_message = models.TextField(max_length=500, blank=True)
    invitation_code = models.ForeignKey(
        "SnomedCode", on_delete=models.SET_NULL, null=True, blank=True, related_name="+", help_text="Suggested."
    )
    decline_code = models.ForeignKey(
        "SnomedCode", on_delete=models.SET_NULL, null=True, blank=True, related_name="+", help_text="Suggested."
    )
    archived_at = models.DateTimeField(null=True, blank=True, editable=False)
    changed_at = models.DateTimeField(auto_now=True)

    objects = MessageTemplateQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["name"]
        triggers: ClassVar = [code_guards.template_codes()]
        constraints: ClassVar = [
            models.UniqueConstraint(
                "practice",
                Lower("name"),
                name="template_name_once",
                condition=models.Q(archived_at=None),
                nulls_distinct=False,
                violation_error_message="There is a template of this name already.",
            ),
            plain_details("template_details_plain"),
        ]

    def __str__(self) -> str:
        return self.name

    @classmethod
    def usable_by(cls, practice: Practice) -> models.QuerySet[MessageTemplate]:
        """The practice's own templates and the shared ones, without those that have been put away."""
        return cls.objects.live().seen_by(practice)

    def suggested_code(self, kind: CodeKind) -> SnomedCode | None:
        """The code that goes with its words, if staff may choose it now.

        One with a single public source is theirs to choose, and never chosen for them (snomed-ct#shipped-codes).
        """
        wanted = self.invitation_code_id if kind == CodeKind.INVITATION else self.decline_code_id
        usable = SnomedCode.objects.usable(kind, self.practice).filter(one_source=False)
        return usable.filter(pk=wanted).first() if wanted else None
