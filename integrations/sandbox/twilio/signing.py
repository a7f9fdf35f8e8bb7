"""How the stand-in for Twilio signs what it posts (twilio#signatures), made without Twilio's package.

So each checks the other: this side signs by the rule as it is published, and the product verifies by the package.
"""

import base64
import hashlib
import hmac
from collections.abc import Mapping

from integrations.sandbox.texts import Account

KEY_ID = "webhooks_sharedkey_" + "0" * 26
"""The id of an account's SharedKey, which its header names."""
_HASHES = {"HMAC_SHA1": hashlib.sha1, "HMAC_SHA256": hashlib.sha256}


def signature(url: str, parameters: Mapping[str, str], secret: str, algorithm: str = "HMAC_SHA1") -> str:
    """Twilio's signature of a form that is posted to this address."""
    signed = url + "".join(name + parameters[name] for name in sorted(parameters))
    return base64.b64encode(hmac.new(secret.encode(), signed.encode(), _HASHES[algorithm]).digest()).decode()


def headers(url: str, parameters: Mapping[str, str], account: Account) -> dict[str, str]:
    """The headers of a post of this account's: signed by its SharedKey where it has one, else by its token."""
    if not account.signing_key:
        return {"X-Twilio-Signature": signature(url, parameters, account.token)}
    return {
        "X-Twilio-Signature": signature(url, parameters, account.signing_key, account.signing),
        "X-Twilio-Webhooks-Signature-Settings": f"key={KEY_ID},algorithm={account.signing}",
    }
