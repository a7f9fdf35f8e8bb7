"""The link for a new password: its key goes into a signed cookie, so that no later address holds it (ASVS 14.2.1)."""

from typing import Any

from allauth.account import views
from allauth.account.forms import UserTokenForm
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect

from core.web import signed_cookie

COOKIE = "new-password"
LASTS = 3600


class NewPasswordView(views.PasswordResetFromKeyView):  # type: ignore[misc] # allauth has no types
    """django-allauth's page, without its session: whoever opens a link is not logged in yet."""

    def dispatch(self, request: HttpRequest, uidb36: str, key: str, **kwargs: Any) -> HttpResponseBase:
        """From the link on to the page without the key; there, the form or that the link does not work."""
        self.request, self.reset_user = request, None
        is_link = key != self.reset_url_key
        self.key = key if is_link else str(signed_cookie.read(request, COOKIE, seconds=LASTS) or "")
        token = UserTokenForm(data={"uidb36": uidb36, "key": self.key})
        if not token.is_valid():
            failed: HttpResponse = self.render_to_response(self.get_context_data(token_fail=True))
            return failed
        if is_link:
            on = redirect("account_reset_password_from_key", uidb36=uidb36, key=self.reset_url_key)
            signed_cookie.keep(on, COOKIE, key, seconds=LASTS)
            return on
        self.reset_user = token.reset_user
        if request.user.is_authenticated and request.user.pk != self.reset_user.pk:
            self.logout()
        # Past allauth's own, which reads the key from the session.
        page: HttpResponseBase = super(views.PasswordResetFromKeyView, self).dispatch(request, uidb36, key, **kwargs)
        return page

    def form_valid(self, form: Any) -> HttpResponse:
        """The new password is set, and the key forgotten."""
        response: HttpResponse = super().form_valid(form)
        signed_cookie.forget(response, COOKIE)
        return response
