"""FHIR STU3 by the models of the `fhir.resources` package, which follow HL7's own definitions."""

from typing import Any

from fhir.resources.STU3 import get_fhir_model_class
from pydantic import ValidationError


def faults(resource: dict[str, Any]) -> list[str]:
    """What is wrong with a resource, and with each resource that it holds; empty for nothing."""
    kind = str(resource.get("resourceType", ""))
    try:
        get_fhir_model_class(kind).model_validate(resource)
    except KeyError:
        return [f"{kind!r} is no resource of STU3"]
    except ValidationError as error:
        return [f"{kind} {item['loc']}: {item['msg']}" for item in error.errors()]
    return []
