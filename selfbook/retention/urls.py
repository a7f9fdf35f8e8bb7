"""The addresses of the pages about how long data is kept. Whom a request is about stands in none of them."""

from django.urls import path

from selfbook.retention import views

app_name = "retention"
urlpatterns = [
    path("", views.settings_page, name="settings"),
    path("ask/", views.ask, name="ask"),
    path("requests/<uuid:request_id>/", views.decide, name="decide"),
    path("requests/<uuid:request_id>/copy.zip", views.copy, name="copy"),
    path("batches/<uuid:campaign_id>/keep/", views.keep, name="keep"),
]
