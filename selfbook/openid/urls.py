"""The way to the provider and back, by the names that django-allauth looks up."""

from allauth.socialaccount.models import SocialApp
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView, OAuth2LoginView
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.http import require_safe

from selfbook.openid import before_login
from selfbook.openid.provider import StrictAdapter


@require_safe
def login(request: HttpRequest, provider_id: str) -> HttpResponse:
    """To the provider. 404 while the settings name none."""
    return before_login.remembered_by_browser(lambda asked: _view(OAuth2LoginView, asked, provider_id), request)


@require_safe
def callback(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Where the provider sends the browser back to, with a code or a refusal."""
    return before_login.restored(lambda asked: _view(OAuth2CallbackView, asked, provider_id), request)


def _view(kind: type, request: HttpRequest, provider_id: str) -> HttpResponse:
    try:
        response: HttpResponse = kind.adapter_view(StrictAdapter(request, provider_id))(request)  # type: ignore[attr-defined] # allauth has no types
    except SocialApp.DoesNotExist:
        raise Http404 from None
    return response


urlpatterns = [
    path("<slug:provider_id>/login/", login, name="openid_connect_login"),
    path("<slug:provider_id>/callback/", callback, name="openid_connect_callback"),
]
