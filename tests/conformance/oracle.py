"""What a schema says of a request or an answer: openapi-core validates, the schemas are ours (see `schemas`)."""

import base64
import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator
from openapi_core import Config, OpenAPI
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from tests.conformance.exchange import Answer, AnswerForValidator, Request, RequestForValidator

FOLDER = Path(__file__).parent / "schemas"
# The package knows JSON by its usual names alone.
_CONFIG = Config(extra_media_type_deserializers={"application/fhir+json": json.loads})


class Oracle:
    """One schema file."""

    def __init__(self, name: str) -> None:
        """Read `schemas/<name>.yaml`. Raises where it is no valid OpenAPI description."""
        self.name = name
        self.document: dict[str, Any] = yaml.safe_load((FOLDER / f"{name}.yaml").read_text(encoding="utf-8"))
        self._openapi = OpenAPI.from_file_path(str(FOLDER / f"{name}.yaml"), config=_CONFIG)

    def operation(self, request: Request) -> dict[str, Any]:
        """The operation that a request is for. Raises LookupError."""
        for path, item in self.document["paths"].items():
            if re.fullmatch(re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(path)), request.path):
                operation: dict[str, Any] | None = item.get(request.method.lower())
                if operation is not None:
                    return operation
        raise LookupError(f"{request.method} {request.path} is not in {self.name}")

    def schema(self, name: str) -> dict[str, Any]:
        """A schema by its name."""
        schema: dict[str, Any] = self.document["components"]["schemas"][name]
        return schema

    def request_faults(self, request: Request) -> list[str]:
        """What is wrong with a request; empty for nothing."""
        try:
            operation = self.operation(request)
        except LookupError as error:
            return [str(error)]
        faults = list(_sentences(self._openapi.unmarshal_request(RequestForValidator(request)).errors))
        if "x-scope" in operation:
            faults += token_faults(self, request.header("Authorization"), operation["x-scope"])
        return faults

    def answer_faults(self, request: Request, answer: Answer) -> list[str]:
        """What is wrong with the answer to a request; empty for nothing."""
        result = self._openapi.unmarshal_response(RequestForValidator(request), AnswerForValidator(answer))
        return list(_sentences(result.errors))

    def value_faults(self, name: str, value: object) -> list[str]:
        """What is wrong with a value, by the schema of this name."""
        root = Resource.from_contents(self.document, default_specification=DRAFT202012)
        registry = Registry().with_resource("urn:schema", root)
        validator = Draft202012Validator({"$ref": f"urn:schema#/components/schemas/{name}"}, registry=registry)
        return [f"{name} {list(error.absolute_path)}: {error.message[:200]}" for error in validator.iter_errors(value)]


@cache
def oracle(name: str) -> Oracle:
    """The oracle of a schema file, read once."""
    return Oracle(name)


def _sentences(errors: Any) -> Iterator[str]:
    """The errors of openapi-core, with what the schema's validator says where it was that."""
    for error in errors:
        cause = error.__cause__
        details = getattr(cause, "schema_errors", None) or ([cause] if cause else [])
        yield f"{error} {[_explained(detail) for detail in details]}"


def _explained(detail: Any) -> str:
    where = list(getattr(detail, "absolute_path", ()))
    below = [_explained(inner) for inner in getattr(detail, "context", ())]
    return f"{where} {str(getattr(detail, 'message', detail))[:160]} {below if below else ''}".strip()


LIFETIME_SECONDS = 300


def token_faults(by: Oracle, authorization: str, scope: str) -> list[str]:
    """What is wrong with the unsigned token of a GP Connect call."""
    parts = authorization.removeprefix("Bearer ").split(".")
    try:
        head, claims = (json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))) for part in parts[:2])
    except ValueError:
        return ["the token is not two JSON objects"]
    faults = by.value_faults("TokenHeader", head) + by.value_faults("Token", claims)
    if faults:
        return faults
    wrong = {
        "the token does not live five minutes": claims["exp"] - claims["iat"] != LIFETIME_SECONDS,
        "the token's scope is not that of the call": claims["requested_scope"] != scope,
        "sub is not the practitioner's id": claims["sub"] != claims["requesting_practitioner"]["id"],
    }
    return [sentence for sentence, is_so in wrong.items() if is_so]
