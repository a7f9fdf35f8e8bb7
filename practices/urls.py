"""The addresses of a practice's staff, and of joining one."""

from django.urls import path

from practices.views import alerts, joining, reminders, slots, staff

app_name = "practices"
urlpatterns = [
    path("staff/", staff.people, name="staff"),
    path("staff/invite/", staff.invite, name="invite"),
    path("staff/invitations/<uuid:invitation_id>/withdraw/", staff.withdraw, name="withdraw"),
    path("staff/<uuid:user_id>/role/", staff.role, name="role"),
    path("staff/<uuid:user_id>/remove/", staff.remove, name="remove"),
    path("staff/<uuid:user_id>/end-sessions/", staff.end_sessions, name="end-sessions"),
    path("appointment-reminders/", reminders.appointments, name="appointment-reminders"),
    path("slots/", slots.unmarked, name="slots"),
    path("alerts/", alerts.choose, name="alerts"),
    path("account/", joining.account, name="account"),
    path("practices/switch/", joining.switch, name="switch"),
    path("join/", joining.joining, name="joining"),
    path("join/<slug:token>/", joining.join, name="join"),
]
