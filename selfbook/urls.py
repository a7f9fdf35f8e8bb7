"""Every address of the service, room by room."""

from django.contrib import admin
from django.urls import include, path

from selfbook import views
from selfbook.admin_secrets import hide_secrets

hide_secrets(admin.site)

urlpatterns = [
    path("", include("campaigns.urls")),
    path("", include("booking.urls")),
    path("", include("patients.urls")),
    path("audit/", include("selfbook.audit_pages.urls")),
    path("account/", include("selfbook.account_urls")),
    path("webhooks/", include("integrations.webhooks.urls")),
    path("admin/", admin.site.urls),
    path("health/", views.health, name="health"),
]

handler400 = "selfbook.views.bad_request"
handler403 = "selfbook.views.forbidden"
handler404 = "selfbook.views.not_found"
handler429 = "selfbook.views.too_many_requests"
handler500 = "selfbook.views.server_error"
