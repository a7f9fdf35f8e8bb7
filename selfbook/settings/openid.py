"""The OpenID Connect provider that staff may log in through, such as NHS CIS2, for django-allauth."""

from collections.abc import Mapping
from typing import Any

PROVIDER_ID = "nhs"
"""What the provider is called in addresses, and in the links between its people and ours."""


def openid_providers(values: Mapping[str, Any]) -> dict[str, Any]:
    """SOCIALACCOUNT_PROVIDERS: the one provider that the settings name, or none.

    PKCE binds the code to this browser's log-in (ASVS 10.2.1).
    """
    if not values["OPENID_SERVER"]:
        return {}
    app = {
        "provider_id": PROVIDER_ID,
        "name": values["OPENID_NAME"],
        "client_id": values["OPENID_CLIENT_ID"],
        "secret": values["OPENID_CLIENT_SECRET"],
        "settings": {
            "server_url": values["OPENID_SERVER"],
            "oauth_pkce_enabled": True,
            "auth_params": {"acr_values": " ".join(values["OPENID_SECOND_FACTOR_ACR"])}
            if values["OPENID_SECOND_FACTOR_ACR"]
            else {},
        },
    }
    return {"openid_connect": {"APPS": [app]}}
