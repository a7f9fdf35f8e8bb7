"""Patient lists in the admin: counts and times, to look at only. Nothing about a patient is shown here."""

from django.contrib import admin

from patients.models import PatientList
from practices.admin import ReadOnlyAdmin


@admin.register(PatientList)
class PatientListAdmin(ReadOnlyAdmin):
    """Which lists there are, and how far their look-ups have come. Their file names and rows are not shown."""

    list_display = ("id", "practice", "state", "paused_reason", "row_count", "created_at")
    list_filter = ("state", "system", "practice")
    list_select_related = ("practice",)
    search_fields = ("=id", "practice__name", "practice__ods_code")
    search_help_text = "A list's id, or a practice's name or ODS code."
    date_hierarchy = "created_at"
    fields = (
        ("practice", "uploaded_by", "system", "created_at"),
        ("state", "paused_reason", "row_count"),
        ("look_up_at", "look_up_failures"),
    )
