"""Every address of the service, room by room."""

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.urls import include, path

from selfbook.admin_secrets import hide_secrets
from selfbook.pages import errors
from selfbook.status import admin as status_admin

hide_secrets(admin.site)
status_admin.add_to(admin.site)

# The admin's own log-in knows no limits and no second factor: everybody logs in by the one page.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign] # as allauth documents

# Patients' addresses first: looking through all the others before them is a part of what each of their pages costs.
urlpatterns = [
    path("", include("booking.urls")),
    path("", include("campaigns.urls")),
    path("", include("booking.staff.urls")),
    path("", include("patients.urls")),
    path("", include("practices.urls")),
    path("", include("selfbook.information.urls")),
    path("audit/", include("selfbook.audit_pages.urls")),
    path("data/", include("selfbook.retention.urls")),
    path("account/", include("selfbook.accounts.urls")),
    path("account/second-factor/", include("selfbook.accounts.second_factor_urls")),
    path("account/openid/", include("selfbook.openid.urls")),
    path("webhooks/", include("integrations.webhooks.urls")),
    path("admin/", admin.site.urls),
    path("health/", errors.health, name="health"),
]

handler400 = "selfbook.pages.errors.bad_request"
handler403 = "selfbook.pages.errors.forbidden"
handler404 = "selfbook.pages.errors.not_found"
handler429 = "selfbook.pages.errors.too_many_requests"
handler500 = "selfbook.pages.errors.server_error"
