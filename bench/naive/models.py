"""What the usual site keeps."""

from typing import ClassVar

from django.db import models


class Slot(models.Model):
    """A time that may be booked. `taken_by` is whoever has it."""

    starts_at = models.DateTimeField(db_index=True)
    place = models.CharField(max_length=80)
    taken_by = models.CharField(max_length=40, null=True)  # noqa: DJ001 - as the usual site would

    objects: ClassVar[models.Manager["Slot"]] = models.Manager()

    class Meta:
        app_label = "naive"

    def __str__(self) -> str:
        return f"Slot {self.pk}"


class Appointment(models.Model):
    """A booking as the usual site has it: one row for each slot that is taken."""

    slot = models.OneToOneField(Slot, on_delete=models.PROTECT)
    patient = models.CharField(max_length=40)
    made_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[models.Manager["Appointment"]] = models.Manager()

    class Meta:
        app_label = "naive"

    def __str__(self) -> str:
        return f"Appointment {self.pk}"
