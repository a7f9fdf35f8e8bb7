"""The unsigned token of cross-organisation audit and provenance: who asks, for whom, why (gp-connect#token)."""

import base64
import json
import time
from typing import Any

from integrations.clinical.port import Actor, Connection

LIFETIME_SECONDS = 300
DEVICE_VERSION = "1"
# The directory's own word for "has no smart card".
UNKNOWN = "UNK"


def unsigned_token(connection: Connection, actor: Actor, scope: str) -> str:
    """A new token for one call. It ends in a dot: the third part, the signature, is empty."""
    return f"{_part({'alg': 'none', 'typ': 'JWT'})}.{_part(_claims(connection, actor, scope))}."


def _part(value: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def _claims(connection: Connection, actor: Actor, scope: str) -> dict[str, Any]:
    issued = int(time.time())
    issuer = connection.issuer_url.rstrip("/") + "/"
    return {
        "iss": issuer,
        "sub": str(actor.id),
        "aud": connection.gp_connect_url,
        "iat": issued,
        "exp": issued + LIFETIME_SECONDS,
        "reason_for_request": "directcare",
        "requested_scope": scope,
        "requesting_device": {
            "resourceType": "Device",
            "identifier": [{"system": f"{issuer}Id/device", "value": "selfbook"}],
            "model": "Selfbook",
            "version": DEVICE_VERSION,
        },
        "requesting_organization": {
            "resourceType": "Organization",
            "identifier": [
                {"system": "https://fhir.nhs.uk/Id/ods-organization-code", "value": connection.ods_code},
            ],
            "name": connection.practice_name,
        },
        "requesting_practitioner": {
            "resourceType": "Practitioner",
            "id": str(actor.id),
            "identifier": [
                {"system": "https://fhir.nhs.uk/Id/sds-user-id", "value": UNKNOWN},
                {"system": "https://fhir.nhs.uk/Id/sds-role-profile-id", "value": UNKNOWN},
                {"system": f"{issuer}Id/user", "value": str(actor.id)},
            ],
            "name": [{"family": actor.family, "given": [actor.given]}],
        },
    }
