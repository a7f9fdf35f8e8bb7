"""What administrators see of bookings and declines: ids, states and times. Nothing here can be changed."""

from django.contrib import admin

from booking.models import AppointmentReminder, AppointmentReport, Booking, Decline, ReportedReminder, SlotHold
from practices.admin import ReadOnlyAdmin


@admin.register(Booking)
class BookingAdmin(ReadOnlyAdmin):
    """Bookings with their state and times, by id; no patient's data and no change."""

    list_display = ("id", "practice", "state", "attempts", "created_at", "due_at", "settled_at")
    list_filter = ("state", "practice")
    fields = (
        "id", "practice", "state", "reason", "attempts", "appointment_id",
        "replaces", "made_by", "cancelled_by", "cancel_asked_at", "created_at", "started_at", "due_at", "settled_at",
    )  # fmt: skip
    search_fields = ("=id", "=invitation__id", "=appointment_id")
    search_help_text = "A booking's, an invitation's or an appointment's id."
    date_hierarchy = "created_at"
    list_select_related = ("practice",)
    show_full_result_count = False


@admin.register(SlotHold)
class SlotHoldAdmin(ReadOnlyAdmin):
    """Slots that patients are reading the confirm page about."""

    list_display = ("invitation_id", "practice", "expires_at")
    list_filter = ("practice",)
    fields = ("practice", "expires_at")


@admin.register(AppointmentReminder)
class AppointmentReminderAdmin(ReadOnlyAdmin):
    """Reminders of appointments, without whose they are."""

    list_display = ("id", "practice", "step", "state", "due_at", "until", "settled_at")
    list_filter = ("state", "step", "practice")
    fields = ("id", "practice", "booking_id", "step", "state", "due_at", "until", "claimed_until", "settled_at")
    search_fields = ("=id", "=booking__id")
    search_help_text = "A reminder's, which is its text's, or a booking's id."
    list_select_related = ("practice",)
    show_full_result_count = False


@admin.register(AppointmentReport)
class AppointmentReportAdmin(ReadOnlyAdmin):
    """Reports of appointments, without what is in them."""

    list_display = ("id", "practice", "source", "created_at")
    list_filter = ("source", "practice")
    fields = ("id", "practice", "source", "other_rows", "fault", "uploaded_by", "created_at")
    list_select_related = ("practice",)
    show_full_result_count = False


@admin.register(ReportedReminder)
class ReportedReminderAdmin(ReadOnlyAdmin):
    """Reminders of appointments in reports, without whose they are."""

    list_display = ("id", "practice", "step", "state", "due_at", "until", "settled_at")
    list_filter = ("state", "step", "practice")
    fields = (
        "id", "practice", "appointment_id", "step", "state", "reason", "due_at", "until", "claimed_until", "settled_at"
    )  # fmt: skip
    search_fields = ("=id",)
    search_help_text = "A reminder's id, which is its text's."
    list_select_related = ("practice",)
    show_full_result_count = False


@admin.register(Decline)
class DeclineAdmin(ReadOnlyAdmin):
    """Declines by their invitation's id, and who took one back."""

    list_display = ("invitation_id", "practice", "declined_at", "reversed_at")
    list_filter = ("practice",)
    fields = ("practice", "declined_at", "made_by", "reversed_at", "reversed_by")
    search_fields = ("=invitation__id",)
    search_help_text = "An invitation's id."
    date_hierarchy = "declined_at"
    list_select_related = ("practice",)
