"""The staff's addresses: batches, and the steps of making one."""

from django.urls import path

from campaigns import codes_views, reminder_views, views
from campaigns.wizard import limits, patient_rows, patients, summary, upload, when
from campaigns.wizard import views as wizard

app_name = "campaigns"
urlpatterns = [
    path("", views.home, name="home"),
    path("batches/new/", wizard.new, name="new"),
    path("batches/<uuid:campaign_id>/", views.resume, name="resume"),
    path("batches/<uuid:campaign_id>/slot-type/", wizard.slot_type, name="slot-type"),
    path("batches/<uuid:campaign_id>/message/", wizard.message, name="message"),
    path("batches/<uuid:campaign_id>/message/preview/", wizard.message_preview, name="message-preview"),
    path("batches/<uuid:campaign_id>/decline/", wizard.decline, name="decline"),
    path("batches/<uuid:campaign_id>/upload/", upload.upload, name="upload"),
    path("batches/<uuid:campaign_id>/upload/guide/<slug:system>/", upload.guide, name="guide"),
    path("batches/<uuid:campaign_id>/patients/", patients.patients, name="patients"),
    path("batches/<uuid:campaign_id>/patients/include/", patients.include, name="include"),
    path("batches/<uuid:campaign_id>/patients/rows/", patient_rows.patient_rows, name="patient-rows"),
    path("batches/<uuid:campaign_id>/patients/search/", patient_rows.search, name="search"),
    path("batches/<uuid:campaign_id>/summary/", summary.summary, name="summary"),
    path("batches/<uuid:campaign_id>/when/", when.when, name="when"),
    path("batches/<uuid:campaign_id>/limits/", limits.limits, name="limits"),
    path("batches/<uuid:campaign_id>/delete/", wizard.delete, name="delete"),
    path("batches/<uuid:campaign_id>/progress/", views.progress, name="progress"),
    path("batches/<uuid:campaign_id>/undo/", views.undo, name="undo"),
    path("batches/<uuid:campaign_id>/pause/", views.pause, name="pause"),
    path("batches/<uuid:campaign_id>/go-on/", views.go_on, name="go-on"),
    path("batches/<uuid:campaign_id>/cancel/", views.cancel, name="cancel"),
    path("batches/<uuid:campaign_id>/remind/", reminder_views.remind, name="remind"),
    path("batches/<uuid:campaign_id>/duplicate/", views.duplicate, name="duplicate"),
    path("batches/<uuid:campaign_id>/follow-up/", views.follow_up, name="follow-up"),
    path("batches/<uuid:campaign_id>/follow-up.csv", views.follow_up_csv, name="follow-up-csv"),
    path("batches/<uuid:campaign_id>/codes/", codes_views.codes, name="codes"),
    path("batches/<uuid:campaign_id>/codes/all/", codes_views.codes_all, name="codes-all"),
    path("batches/<uuid:campaign_id>/codes-to-file.csv", codes_views.codes_csv, name="codes-csv"),
    path("batches/<uuid:campaign_id>/cannot-be-sent.csv", views.cannot_be_sent, name="cannot-be-sent"),
]
