"""Addresses that outside systems call."""

from django.urls import path

from integrations.webhooks import views

app_name = "webhooks"
urlpatterns = [
    path("twilio/<uuid:connection_id>/", views.twilio, name="twilio"),
    path("notify/<uuid:connection_id>/", views.notify, name="notify"),
    path("twilio/<uuid:connection_id>/incoming/", views.incoming, name="incoming"),
]
