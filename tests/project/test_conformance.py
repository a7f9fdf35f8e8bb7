"""The schemas of the conformance suite name where they are from, and the page about it names them all."""

import re
import tomllib
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parent.parent.parent
SCHEMAS = sorted((ROOT / "tests" / "conformance" / "schemas").glob("*.yaml"))
PAGE = (ROOT / "docs" / "conformance.md").read_text(encoding="utf-8")
LOCK = (ROOT / "requirements-conformance.txt").read_text(encoding="utf-8")


def info(schema: Path) -> dict[str, Any]:
    """What a schema says of itself."""
    document: dict[str, Any] = yaml.safe_load(schema.read_text(encoding="utf-8"))
    assert document["openapi"].startswith("3.1")
    facts: dict[str, Any] = document["info"]
    return facts


@pytest.mark.parametrize("schema", SCHEMAS, ids=lambda schema: schema.stem)
def test_a_schema_names_its_sources_and_their_dates(schema: Path) -> None:
    facts = info(schema)
    assert isinstance(facts["x-written"], date)
    assert facts["x-sources"]
    for source in facts["x-sources"]:
        assert set(source) == {"what", "where", "version", "date"}
        assert source["where"].startswith("https://")
        assert len(source["what"].split()) >= 3
        assert isinstance(source["date"], date)
        assert source["date"] <= facts["x-written"]


def test_the_page_names_every_schema_and_no_other() -> None:
    rows = re.findall(r"^\| `(\w+\.yaml)` \|", PAGE, re.MULTILINE)
    assert sorted(rows) == [path.name for path in SCHEMAS]
    assert set(re.findall(r"`(\w+\.yaml)`", PAGE)) == {path.name for path in SCHEMAS}


def test_the_page_names_the_versions_that_are_locked() -> None:
    locked = dict(re.findall(r"^([a-z0-9-]+)==(\S+)", LOCK, re.MULTILINE))
    named = re.search(r"`openapi-core`, `jsonschema` \| ([\d.]+), ([\d.]+) \|", PAGE)
    assert named is not None
    assert named.groups() == (locked["openapi-core"], locked["jsonschema"])
    fhir = re.search(r"`fhir\.resources` \(STU3\) \| ([\d.]+) \|", PAGE)
    assert fhir is not None
    assert fhir[1] == locked["fhir-resources"]


def test_the_lock_has_hashes_and_no_address_of_an_index() -> None:
    requirements = re.findall(r"^[a-z0-9-]+==\S+ \\\n    --hash=sha256:", LOCK, re.MULTILINE)
    assert len(requirements) == len(re.findall(r"^[a-z]", LOCK, re.MULTILINE))
    assert "://" not in LOCK


def test_each_package_of_the_suite_has_its_reason_beside_it() -> None:
    source = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    group = tomllib.loads(source)["dependency-groups"]["conformance"]
    for requirement in group:
        assert re.search(rf'"{re.escape(requirement)}",\s+# \w+', source), requirement


def test_other_runs_of_the_tests_do_without_its_packages() -> None:
    """Its files have names that pytest does not look for."""
    folder = ROOT / "tests" / "conformance"
    assert list(folder.glob("conform_*.py"))
    assert list(folder.glob("test_*.py")) == []
