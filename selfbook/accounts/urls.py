"""The parts of django-allauth that Selfbook offers: log in, log out, and passwords.

Accounts are made by administrators. The names are allauth's own, which it looks up itself. `account_signup` leads to
a page that says whom to ask.
"""

from allauth.account import views
from django.urls import path, re_path

from selfbook.accounts import forms
from selfbook.accounts.new_password import NewPasswordView

urlpatterns = [
    path("login/", views.LoginView.as_view(form_class=forms.SignInForm), name="account_login"),
    path("logout/", views.logout, name="account_logout"),
    path("inactive/", views.account_inactive, name="account_inactive"),
    path("signup/", views.signup, name="account_signup"),
    path(
        "confirm/",
        views.ReauthenticateView.as_view(form_class=forms.ConfirmPasswordForm),
        name="account_reauthenticate",
    ),
    path(
        "password/change/",
        views.PasswordChangeView.as_view(form_class=forms.ChangePasswordForm),
        name="account_change_password",
    ),
    path(
        "password/reset/",
        views.PasswordResetView.as_view(form_class=forms.ResetPasswordForm),
        name="account_reset_password",
    ),
    path("password/reset/done/", views.password_reset_done, name="account_reset_password_done"),
    path(
        "password/reset/key/done/",
        views.password_reset_from_key_done,
        name="account_reset_password_from_key_done",
    ),
    re_path(
        r"^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        NewPasswordView.as_view(form_class=forms.NewPasswordForm),
        name="account_reset_password_from_key",
    ),
]
