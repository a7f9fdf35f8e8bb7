"""The audit trail's addresses. What is searched for is personal, and stands in none of them."""

from django.urls import path

from selfbook.audit_pages import views

app_name = "audit"
urlpatterns = [
    path("", views.events, name="events"),
    path("audit.csv", views.events_csv, name="csv"),
]
