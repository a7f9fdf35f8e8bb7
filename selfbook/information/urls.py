"""The addresses of pages about privacy, cookies and accessibility. Nothing about anybody stands in them."""

from django.urls import path

from selfbook.information import views

app_name = "information"
urlpatterns = [
    path("privacy/", views.privacy, name="privacy"),
    path("cookies/", views.cookie_list, name="cookies"),
    path("accessibility/", views.accessibility, name="accessibility"),
    path("practice/<slug:ods_code>/privacy/", views.privacy, name="privacy-of"),
    path("practice/<slug:ods_code>/cookies/", views.cookie_list, name="cookies-of"),
    path("practice/<slug:ods_code>/accessibility/", views.accessibility, name="accessibility-of"),
    path("information-for-patients/", views.change, name="change"),
]
