"""`manage.py check_gateway`: a right gateway passes, and each wrong one is told what is wrong with it."""

import json
import subprocess
import sys
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from integrations.conformance import writing
from integrations.conformance.contract import RULES
from integrations.conformance.rules import PAGE
from integrations.sandbox.server import SandboxServer
from tests.integrations.conformance import wrong
from tests.integrations.sandbox.practice import ODS, seed

PATIENT = "999 000 0018"
WRITE = ["--write", "--patient", PATIENT, "--wait", "0", "--description", "1149291000000110"]


@pytest.fixture(scope="module")
def sandbox() -> Iterator[SandboxServer]:
    with SandboxServer() as server:
        yield server


def check(url: str, *options: str) -> tuple[int, dict[str, Any]]:
    """The exit code, and what became of each rule by its name: its result and why."""
    out = StringIO()
    try:
        call_command("check_gateway", url, "--json", *options, stdout=out)
        code = 0
    except SystemExit as end:
        code = int(str(end.code))
    printed = json.loads(out.getvalue())
    return code, {rule["rule"]: (rule["result"], rule["why"]) for rule in printed["rules"]}


def of(rules: dict[str, Any], result: str) -> set[str]:
    return {name for name, (became, _) in rules.items() if became == result}


def stand_in(sandbox: SandboxServer, monkeypatch: pytest.MonkeyPatch, system: str, **facts: Any) -> str:
    monkeypatch.setenv("GATEWAY_TOKEN", f"gateway-{ODS}")
    sandbox.control("reset", {})
    practice = {**seed(system)["practices"][0], **facts}
    sandbox.control("seed", {**seed(system), "practices": [practice]})
    return f"{sandbox.url}/gateway/{ODS}"


@pytest.mark.parametrize(
    ("system", "facts", "options"),
    [
        ("systmone", {}, []),
        ("emis", {"maps_local_codes": True}, []),
        (
            "emis",
            {"local_codes": [{"scheme": "READ2", "value": "9mA1."}]},
            ["--local-scheme", "READ2", "--local-code", "9mA1."],
        ),
    ],
)
def test_the_stand_in_keeps_every_rule(
    sandbox: SandboxServer, monkeypatch: pytest.MonkeyPatch, system: str, facts: dict[str, Any], options: list[str]
) -> None:
    code, rules = check(stand_in(sandbox, monkeypatch, system, **facts), *WRITE, *options)
    assert (of(rules, "fail"), code) == (set(), 0), rules
    assert of(rules, "not tried") == {"https"}
    assert len(sandbox.control("books?part=codes")["codes"]) == 2


def test_an_emis_code_that_is_dropped_is_found_out(sandbox: SandboxServer, monkeypatch: pytest.MonkeyPatch) -> None:
    local = ["--local-scheme", "READ2", "--local-code", "zzzz."]
    code, rules = check(stand_in(sandbox, monkeypatch, "emis"), *WRITE, *local)
    assert code == 1
    assert rules["read-back"] == ("fail", "201, and the entry is not in the record")


def test_what_shows_later_is_waited_for(sandbox: SandboxServer, monkeypatch: pytest.MonkeyPatch) -> None:
    url = stand_in(sandbox, monkeypatch, "systmone")
    sandbox.fault("gateway.codes", "late_code", seconds=3600)
    code, rules = check(url, *WRITE)
    assert code == 0
    assert rules["file"][0] == "pass"
    assert rules["read-back"][0] == rules["file-once"][0] == "not tried"
    sandbox.fault("gateway.codes", "late_code", seconds=0.2)
    _, rules = check(url, *WRITE, "--wait", "20")
    assert rules["read-back"][0] == "pass"


def test_nothing_is_written_unless_it_is_asked_for(sandbox: SandboxServer, monkeypatch: pytest.MonkeyPatch) -> None:
    url = stand_in(sandbox, monkeypatch, "systmone", contract="1.0")
    code, rules = check(url)
    assert code == 0
    assert "--write" in rules["file"][1]
    assert rules["capabilities"][0] == "not tried"
    methods = {entry["method"] for entry in sandbox.control("books?part=journal")["journal"]}
    assert methods == {"GET"}


FAULTS = {
    "no ok": "health",
    "lets everybody in": "token-missing token-wrong",
    "contract is a number": "capabilities",
    "no date of birth": "date-of-birth test-patient",
    "half a date of birth": "date-of-birth test-patient",
    "another patient": "patient",
    "flags in words": "patient test-patient",
    "fails for the unknown": "patient-unknown",
    "finds bad numbers": "number-bad patient-unknown",
    "knows every record": "entries-unknown file-unknown",
    "keeps nothing": "read-back",
    "files twice": "file-repeat file-other-body file-once",
    "answers anew": "file-repeat",
    "takes other bodies": "file-other-body",
    "changes the date": "read-back",
    "says 202 and verified": "file description",
    "needs no key": "file-without-key",
    "files any digits": "concept-bad",
    "files unknown concepts": "concept-unknown",
    "files any date": "date-bad",
    "fails at bad bodies": "body-bad",
    "files for everybody": "file-token-wrong",
    "takes no descriptions": "description",
    "pages in HTML": "answers-json errors-form",
    "may be kept": "answers-no-store",
    "errors in words": "errors-form",
    "repeats numbers": "errors-silent",
}
ALL_ERRORS = {"pages in HTML", "errors in words"}
"""With these every refusal is wrong in its form, so every rule about one says so too."""


@pytest.mark.parametrize("fault", ["", *FAULTS])
def test_each_fault_is_named_and_no_other(monkeypatch: pytest.MonkeyPatch, fault: str) -> None:
    monkeypatch.setenv("GATEWAY_TOKEN", wrong.TOKEN)
    with wrong.serving(fault) as url:
        code, rules = check(url, *WRITE)
    named = set(FAULTS.get(fault, "").split())
    failed = of(rules, "fail")
    assert failed >= named if fault in ALL_ERRORS else failed == named, {name: rules[name] for name in failed ^ named}
    assert code == (1 if fault else 0)
    assert all(rules[name][1] for name in failed)
    assert "9990000018" not in str(rules)


def test_one_that_is_not_there_is_said_to_be_so_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GATEWAY_TOKEN", "x")
    code, rules = check("http://127.0.0.1:9", *WRITE)
    assert code == 1
    assert of(rules, "fail") == {"health"}
    assert rules["health"][1] == "it did not answer (ConnectError)"
    assert of(rules, "pass") == set()


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (["--born", "1958-03-09"], ""),
        (["--born", "1958-03-10"], "the record has another date of birth than --born"),
    ],
)
def test_the_record_that_is_written_to_is_the_one_that_was_meant(
    monkeypatch: pytest.MonkeyPatch, options: list[str], why: str
) -> None:
    monkeypatch.setenv("GATEWAY_TOKEN", wrong.TOKEN)
    with wrong.serving() as url:
        _, rules = check(url, *WRITE, *options)
    assert rules["test-patient"] == ("fail" if why else "pass", why)
    assert rules["file"][0] == ("not tried" if why else "pass")


def test_a_number_outside_the_range_for_tests_needs_its_date_of_birth(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GATEWAY_TOKEN", wrong.TOKEN)
    monkeypatch.setattr(writing, "_RANGE_FOR_TESTS", "000")  # so that a made-up number is outside of it
    for options, result in ([], "fail"), (["--born", "1958-03-09"], "pass"):
        with wrong.serving() as url:
            _, rules = check(url, "--write", "--patient", PATIENT, *options)
        assert rules["test-patient"][0] == result
        assert rules["file"][0] == ("not tried" if result == "fail" else "pass")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["http://gateway.example.org"], "Begin the address with https://"),
        (["ftp://127.0.0.1"], "Give the gateway's address"),
        (["https://name:word@127.0.0.1"], "Give the gateway's address"),
        (["http://127.0.0.1:9", "--write"], "name a test patient with --patient"),
        (["http://127.0.0.1:9", "--patient", "9990000019"], "named by an NHS number"),
        (["http://127.0.0.1:9", "--concept", "1240781000000160"], "named by its SNOMED CT id"),
        (["http://127.0.0.1:9", "--local-code", "9N3G"], "Give both --local-scheme and --local-code"),
        (["http://127.0.0.1:9", "--ca", "/nowhere"], "--ca cannot be read"),
    ],
)
def test_what_cannot_be_tried_is_refused_before_a_call(
    monkeypatch: pytest.MonkeyPatch, arguments: list[str], message: str
) -> None:
    monkeypatch.setenv("GATEWAY_TOKEN", "x")
    with pytest.raises(CommandError, match=message):
        call_command("check_gateway", *arguments)


def test_the_token_is_asked_for_only_where_somebody_can_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GATEWAY_TOKEN", raising=False)
    with pytest.raises(CommandError, match="environment variable GATEWAY_TOKEN"):
        call_command("check_gateway", "http://127.0.0.1:9")


def test_it_runs_without_a_database_and_prints_a_table() -> None:
    with wrong.serving("may be kept") as url:
        done = subprocess.run(
            [sys.executable, "manage.py", "check_gateway", url],
            env={"SELFBOOK_ENV": "development", "SECRET_KEY": "x", "GATEWAY_TOKEN": wrong.TOKEN, "PATH": "/usr/bin"},
            capture_output=True, text=True, check=False,
        )  # fmt: skip
    assert done.returncode == 1, done.stderr
    lines = done.stdout.splitlines()
    assert lines[2].split()[:2] == ["RULE", "RESULT"]
    (at,) = [number for number, line in enumerate(lines) if line.startswith("answers-no-store")]
    assert lines[at].split()[1] == "fail"
    assert lines[at + 1].strip() == "GET /v1/health: 200 without Cache-Control no-store"
    assert lines[-1] == "13 pass, 1 fail, 15 not tried"
    assert wrong.TOKEN not in done.stdout + done.stderr


def test_every_rule_has_its_own_name_and_a_section() -> None:
    sections = [line.removeprefix("## ") for line in Path(PAGE).read_text().splitlines() if line.startswith("## ")]
    slugs = {section.lower().replace(" ", "-") for section in sections}
    assert len({rule.name for rule in RULES}) == len(RULES)
    assert {rule.section for rule in RULES} <= slugs
