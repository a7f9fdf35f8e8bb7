"""Addresses that outside systems call."""

from django.urls import path

from integrations.webhooks import views

app_name = "webhooks"
urlpatterns = [
    path("notify/<uuid:connection_id>/", views.notify, name="notify"),
    path("<slug:provider>/<uuid:connection_id>/", views.receipts, name="receipts"),
    path("<slug:provider>/<uuid:connection_id>/incoming/", views.incoming, name="incoming"),
]
