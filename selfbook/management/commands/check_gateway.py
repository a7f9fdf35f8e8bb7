"""Try a record gateway against the contract, without a database of ours (record-gateway#trying-a-gateway)."""

import getpass
import json
import os
import sys
from argparse import ArgumentParser
from datetime import date
from typing import Any
from urllib.parse import urlsplit

import httpx
from django.core.management.base import BaseCommand, CommandError
from stdnum import verhoeff
from stdnum.gb import nhs

from integrations.conformance.contract import RULES, VERSION
from integrations.conformance.rules import PAGE, Outcome, Result, run
from integrations.conformance.trial import Subject, Trial

TOKEN = "GATEWAY_TOKEN"  # noqa: S105 - the name of a variable
MADE_UP_PATIENT = "9990000018"
NOBODY = "9999999336"
CONCEPT = ("1240781000000106", "SARS-CoV-2 vaccination invitation SMS text message sent")
NO_CONCEPT = "19999999103"
"""An id in the namespace 9999999, which nobody has: no such concept is in any release."""

_LOOPBACK = ("localhost", "127.0.0.1", "::1")


class Command(BaseCommand):
    """Reads only, unless --write names a test patient with --patient. Exit code 1 when a rule does not hold."""

    help = (
        "Try a record gateway against the contract (docs/gateway/openapi.yaml), and name each rule that does not hold. "
        f"The token comes from the environment variable {TOKEN}, or is asked for."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the gateway's address and what it is tried with. Never the token: others can see arguments."""
        parser.add_argument("url", help="the gateway's address, without /v1")
        parser.add_argument("--patient", help=f"NHS number of a test patient there (made up: {MADE_UP_PATIENT})")
        parser.add_argument("--unknown-patient", default=NOBODY, help="an NHS number that nobody there has")
        parser.add_argument("--concept", default=CONCEPT[0], help="SNOMED CT id of a concept that it files")
        parser.add_argument("--term", default=CONCEPT[1], help="its term")
        parser.add_argument("--description", default="", help="the SNOMED CT id of that term")
        parser.add_argument("--unknown-concept", default=NO_CONCEPT, help="a concept id that is in no release")
        parser.add_argument(
            "--local-scheme", default="", help="scheme of the clinical system's own code, such as READ2"
        )
        parser.add_argument("--local-code", default="", help="that code, for a gateway that does not find it itself")
        parser.add_argument("--write", action="store_true", help="file entries for the patient named with --patient")
        parser.add_argument("--born", type=date.fromisoformat, help="date of birth that their record must have")
        parser.add_argument(
            "--wait", type=float, default=30.0, help="seconds in which an entry that was taken must show"
        )
        parser.add_argument("--ca", help="file of the authority that signed the gateway's certificate")
        parser.add_argument("--json", action="store_true", help="print what became of each rule as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        """Try every rule, and print what became of each. Raises CommandError for what cannot be tried."""
        base, subject = _address(options["url"]), _subject(options)
        token = os.environ.get(TOKEN, "") or _asked()
        with httpx.Client(base_url=base, verify=_trusted(options["ca"]), trust_env=False, timeout=30) as client:
            outcomes = run(RULES, Trial(client, token, subject))
        self.stdout.write(_as_json(base, outcomes) if options["json"] else _as_table(base, outcomes))
        if any(outcome.result is Result.FAILED for outcome in outcomes):
            sys.exit(1)


def _address(url: str) -> str:
    """The gateway's address. Raises CommandError for one by which the token would travel for all to read."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment or parts.username:
        raise CommandError("Give the gateway's address, such as https://gateway.example.nhs.uk")
    if parts.scheme == "http" and parts.hostname not in _LOOPBACK:
        raise CommandError("Begin the address with https://. The token and the records are secret.")
    return url.rstrip("/").removesuffix("/v1")


def _subject(options: dict[str, Any]) -> Subject:
    """What it is tried with. Raises CommandError for numbers that are none, and for a write to nobody in particular."""
    if options["write"] and not options["patient"]:
        raise CommandError("--write files entries in a record: name a test patient with --patient.")
    patient = "".join((options["patient"] or MADE_UP_PATIENT).split())
    unknown = "".join(options["unknown_patient"].split())
    if not (nhs.is_valid(patient) and nhs.is_valid(unknown)):
        raise CommandError("A patient is named by an NHS number, which has ten digits of which the last is a check.")
    for concept in (options["concept"], options["unknown_concept"]):
        if not (
            concept.isascii() and concept.isdigit() and verhoeff.is_valid(concept) and concept[-3:-1] in ("00", "10")
        ):
            raise CommandError("A concept is named by its SNOMED CT id, as it stands in the release.")
    if bool(options["local_scheme"]) is not bool(options["local_code"]):
        raise CommandError("Give both --local-scheme and --local-code, or neither.")
    return Subject(
        patient=nhs.compact(patient),
        unknown=nhs.compact(unknown),
        concept_id=options["concept"],
        term=options["term"],
        unknown_concept_id=options["unknown_concept"],
        description_id=options["description"],
        local_scheme=options["local_scheme"],
        local_code=options["local_code"],
        write=options["write"],
        born=options["born"],
        wait=options["wait"],
    )


def _asked() -> str:
    """The token as somebody types it. Raises CommandError where nobody can."""
    token = getpass.getpass("Token of the gateway: ").strip() if sys.stdin.isatty() else ""
    if not token:
        raise CommandError(f"Put the gateway's token into the environment variable {TOKEN}.")
    return token


def _trusted(authority: str | None) -> Any:
    """The authorities whose certificates are believed. Raises CommandError for a file that is none."""
    context = httpx.create_ssl_context()
    if authority:
        try:
            context.load_verify_locations(cafile=authority)
        except OSError:
            raise CommandError("The file of --ca cannot be read as certificates (PEM).") from None
    return context


def _counts(outcomes: list[Outcome]) -> dict[str, int]:
    return {result.value: sum(outcome.result is result for outcome in outcomes) for result in Result}


def _as_json(base: str, outcomes: list[Outcome]) -> str:
    rules = [
        {
            "rule": outcome.rule.name,
            "title": outcome.rule.title,
            "result": outcome.result.value,
            "why": outcome.why,
            "section": f"{PAGE}#{outcome.rule.section}",
        }
        for outcome in outcomes
    ]
    return json.dumps({"gateway": base, "contract": VERSION, "counts": _counts(outcomes), "rules": rules})


def _as_table(base: str, outcomes: list[Outcome]) -> str:
    rows = [("RULE", "RESULT", "WHAT IT ASKS FOR", "SECTION")]
    rows += [(one.rule.name, one.result.value, one.rule.title, f"#{one.rule.section}") for one in outcomes]
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    lines = [f"{base}, against {PAGE}", ""]
    for row, why in zip(rows, ["", *(one.why for one in outcomes)], strict=True):
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=False)]
        lines.append("  ".join([*cells, row[3]]).rstrip())
        if why:
            lines.append(f"    {why}")
    counts = ", ".join(f"{count} {result}" for result, count in _counts(outcomes).items())
    return "\n".join([*lines, "", counts])
