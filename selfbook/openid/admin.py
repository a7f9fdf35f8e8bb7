"""The provider and its secret come from the settings alone: the admin neither shows nor adds any."""

from allauth.socialaccount.models import SocialApp, SocialToken
from django.contrib import admin

for model in (SocialApp, SocialToken):
    admin.site.unregister(model)
