"""Values that a schema allows, made from the schema itself, so that no optional part is forgotten."""

import copy
from collections.abc import Iterator
from typing import Any

from tests.conformance.oracle import Oracle

Path = tuple[Any, ...]
Schema = dict[str, Any]


class Sampler:
    """Makes values by the schemas of one oracle."""

    def __init__(self, by: Oracle) -> None:
        """Make values by this oracle's schemas."""
        self._by = by

    def full(self, name: str) -> Any:
        """A value with every property, each list with one item."""
        return self._value(self._by.schema(name), everything=True)

    def minimal(self, name: str) -> Any:
        """A value with the required properties alone, and lists as short as they may be."""
        return self._value(self._by.schema(name), everything=False)

    def variants(self, name: str) -> Iterator[tuple[str, Any]]:
        """Every way in which optional parts may be missing, one at a time, and every value of each enumeration."""
        yield "everything", self.full(name)
        yield "only what is required", self.minimal(name)
        for path, schema, required in self._members(self._by.schema(name), ()):
            if not required:
                yield f"without {written(path)}", without(self.full(name), path)
            for value in schema.get("enum", [])[1:]:
                yield f"{written(path)} is {value}", replaced(self.full(name), path, value)
            if "null" in schema.get("type", []):
                yield f"{written(path)} is null", replaced(self.full(name), path, None)

    def _resolved(self, schema: Any) -> Schema:
        if not isinstance(schema, dict) or "$ref" not in schema:
            return schema if isinstance(schema, dict) else {}
        target = self._by.schema(str(schema["$ref"]).rpartition("/")[2])
        return {**self._resolved(target), **{key: value for key, value in schema.items() if key != "$ref"}}

    def _value(self, schema: Any, *, everything: bool) -> Any:
        schema = self._resolved(schema)
        if "examples" in schema:
            return copy.deepcopy(schema["examples"][0])
        if "const" in schema:
            return schema["const"]
        if "enum" in schema:
            return schema["enum"][0]
        if "properties" in schema:
            required = schema.get("required", [])
            return {
                name: self._value(inner, everything=everything)
                for name, inner in schema["properties"].items()
                if inner is not False and (everything or name in required)
            }
        if schema.get("type") == "array":
            count = 1 if everything else schema.get("minItems", 0)
            return [self._value(schema["items"], everything=everything) for _ in range(count)]
        if schema.get("type") == "object":
            return {}
        raise ValueError(f"no example for {schema}")

    def _members(self, schema: Any, path: Path) -> Iterator[tuple[Path, Schema, bool]]:
        """Every property below a schema: its path in the full value, its schema, and whether it is required."""
        schema = self._resolved(schema)
        if "examples" in schema:
            return
        for name, inner in schema.get("properties", {}).items():
            if inner is False:
                continue
            yield (*path, name), self._resolved(inner), name in schema.get("required", [])
            yield from self._members(inner, (*path, name))
        if schema.get("type") == "array":
            yield from self._members(schema.get("items"), (*path, 0))


def without(value: Any, path: Path) -> Any:
    """A copy that lacks what is at a path."""
    changed = copy.deepcopy(value)
    holder = changed
    for key in path[:-1]:
        holder = holder[key]
    del holder[path[-1]]
    return changed


def replaced(value: Any, path: Path, by: Any) -> Any:
    """A copy with something else at a path."""
    changed = copy.deepcopy(value)
    holder = changed
    for key in path[:-1]:
        holder = holder[key]
    holder[path[-1]] = by
    return changed


def written(path: Path) -> str:
    """A path in a value, as people write it."""
    return "/".join(str(key) for key in path)
