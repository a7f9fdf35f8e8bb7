"""The staff's addresses about patients that belong to no batch."""

from django.urls import path

from patients.opt_outs import views

app_name = "patients"
urlpatterns = [
    path("opt-outs/", views.opt_out_list, name="opt-outs"),
    path("opt-outs/add/", views.opt_out_add, name="opt-out-add"),
    path("opt-outs/<uuid:opt_out_id>/remove/", views.opt_out_remove, name="opt-out-remove"),
    path("samples/<slug:system>.csv", views.sample, name="sample"),
]
