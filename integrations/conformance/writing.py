"""The rules that can be tried only by filing: for a named test patient, when asked for (record-gateway#read-back).

One entry is filed, and one more where the gateway takes description ids. A gateway that breaks a rule may file more.
"""

import time
from http import HTTPStatus
from typing import Any
from uuid import UUID, uuid4

from integrations.conformance.reading import NO_TOKEN
from integrations.conformance.trial import (
    Answer,
    NotTried,
    Trial,
    broken,
    day_in,
    expect,
    expect_refusal,
    flag_in,
    object_of,
    text_in,
)

_RANGE_FOR_TESTS = "999"
_TAKEN = (HTTPStatus.CREATED, HTTPStatus.ACCEPTED)
_REFUSED = (HTTPStatus.BAD_REQUEST, HTTPStatus.CONFLICT, HTTPStatus.UNPROCESSABLE_ENTITY)
_BETWEEN_LOOKS = 1.0


def named_patient(trial: Trial) -> None:
    """The record that is written to is that of the named test patient, and of nobody else."""
    if not trial.subject.write:
        trial.require_writing()
    trial.codes_path  # noqa: B018 - raises where there is no patient
    body = object_of(trial.get("/v1/patients", {"nhs_number": trial.subject.patient}))
    shown = not (flag_in(body, "deceased") or flag_in(body, "sensitive")) and flag_in(body, "active")
    if not shown:
        broken("the test patient is not one whose record is shown")
    born = day_in(body, "dob")
    if trial.subject.born is None and not trial.subject.patient.startswith(_RANGE_FOR_TESTS):
        broken("the NHS number is not of the range for tests (999): give the date of birth with --born")
    if trial.subject.born not in (None, born):
        broken("the record has another date of birth than --born")
    trial.may_write = True


def file(trial: Trial) -> None:
    """An entry is filed, or taken to be filed."""
    trial.require_writing()
    answer = trial.post(trial.codes_path, trial.entry(), key=trial.key)
    if answer.error_code == "CODE_NOT_ACCEPTED":
        broken(f"{answer.call}: {answer}. Name a code that it keeps: --concept, or --local-scheme and --local-code")
    expect(answer, *_TAKEN)
    _filed(answer)
    trial.filed = answer


def _filed(answer: Answer) -> str:
    """The id of what was filed. Raises Broken where the answer has not the form of one."""
    body = object_of(answer)
    entry_id, verified = text_in(body, "entry_id"), flag_in(body, "verified")
    if len(entry_id) > 80:
        broken("entry_id has more than 80 characters")
    if verified and answer.status == HTTPStatus.ACCEPTED:
        broken("202 with verified: what may still show has not been read back")
    return entry_id


def _first(trial: Trial) -> Answer:
    trial.require_writing()
    if trial.filed is None:
        raise NotTried("no entry was filed")
    return trial.filed


def repeat(trial: Trial) -> None:
    """The same key with the same body gets the first answer again."""
    first = _first(trial)
    again = trial.post(trial.codes_path, trial.entry(), key=trial.key)
    expect(again, first.status)
    if _filed(again) != _filed(first):
        broken("the same key got another entry_id")


def other_body(trial: Trial) -> None:
    """The same key with another body is refused."""
    _first(trial)
    answer = trial.post(trial.codes_path, trial.entry(text="Another term"), key=trial.key)
    expect_refusal(answer, _REFUSED, "IDEMPOTENCY_KEY_REUSED")


def read_back(trial: Trial) -> None:
    """What was filed stands in the record, as it was filed."""
    first = _first(trial)
    entries = _entries(trial, trial.key)
    until = time.monotonic() + trial.subject.wait
    while not entries and first.status == HTTPStatus.ACCEPTED and time.monotonic() < until:
        time.sleep(min(_BETWEEN_LOOKS, trial.subject.wait))
        entries = _entries(trial, trial.key)
    if not entries and first.status == HTTPStatus.ACCEPTED:
        raise NotTried("it was taken with 202 and does not show yet: try again with a longer --wait")
    if not entries:
        broken("201, and the entry is not in the record")
    sent = trial.entry()
    for name, value in (("snomed", sent["snomed"]), ("date", sent["date"]), ("key", str(trial.key))):
        if entries[0].get(name) != value:
            broken(f"{name} is read back otherwise than it was filed")
    if entries[0].get("entry_id") != _filed(first):
        broken("entry_id is read back otherwise than it was answered")


def once(trial: Trial) -> None:
    """However often a key was sent, one entry stands in the record."""
    _first(trial)
    count = len(_entries(trial, trial.key))
    if not count:
        raise NotTried("the entry is not in the record")
    if count > 1:
        broken(f"{count} entries were filed with one key")


def _entries(trial: Trial, key: UUID) -> list[dict[str, Any]]:
    answer = trial.get(trial.codes_path, {"key": str(key)})
    expect(answer, HTTPStatus.OK)
    entries = object_of(answer).get("codes")
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        broken("codes is no list of entries")
    return entries


def without_key(trial: Trial) -> None:
    """A filing without a key is refused: it could not be repeated."""
    trial.require_writing()
    expect_refusal(trial.post(trial.codes_path, trial.entry(), key=None), (HTTPStatus.BAD_REQUEST,), "BAD_REQUEST")


def no_concept(trial: Trial) -> None:
    """What is no concept's id is not filed: neither one with a wrong check digit nor a description's."""
    concept = trial.subject.concept_id
    wrong = concept[:-1] + str((int(concept[-1]) + 1) % 10)
    _not_accepted(trial, wrong)
    _not_accepted(trial, "1149291000000110")


def unknown_concept(trial: Trial) -> None:
    """A concept that there is not is not filed, and is not said to be."""
    _not_accepted(trial, trial.subject.unknown_concept_id)


def _not_accepted(trial: Trial, concept_id: str) -> None:
    trial.require_writing()
    key = uuid4()
    answer = trial.post(trial.codes_path, trial.entry(snomed=concept_id, local=None), key=key)
    expect_refusal(answer, (HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY), "CODE_NOT_ACCEPTED")
    if _entries(trial, key):
        broken("it was refused, and is in the record")


def no_date(trial: Trial) -> None:
    """An entry without a date that there is is refused."""
    trial.require_writing()
    answer = trial.post(trial.codes_path, trial.entry(date="2026-02-30"), key=uuid4())
    expect_refusal(answer, (HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY), "INVALID_RESOURCE", "BAD_REQUEST")


def no_json(trial: Trial) -> None:
    """A body that is no JSON object is refused, and not taken for a failure of the gateway."""
    trial.require_writing()
    for body in (b"{", b"[]"):
        answer = trial.post(trial.codes_path, body, key=uuid4())
        statuses = (HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY)
        expect_refusal(answer, statuses, "BAD_REQUEST", "INVALID_RESOURCE")


def not_let_in(trial: Trial) -> None:
    """Nobody files without the token."""
    trial.require_writing()
    key = uuid4()
    answer = trial.post(trial.codes_path, trial.entry(), key=key, token=NO_TOKEN)
    expect_refusal(answer, (HTTPStatus.UNAUTHORIZED,), "NOT_AUTHORISED")
    if _entries(trial, key):
        broken("it was refused, and is in the record")


def unknown_record(trial: Trial) -> None:
    """Nothing is filed in a record that is not there."""
    trial.require_writing()
    answer = trial.post(f"/v1/patients/{uuid4()}/codes", trial.entry(), key=uuid4())
    expect_refusal(answer, (HTTPStatus.NOT_FOUND,), "PATIENT_NOT_FOUND")


def description(trial: Trial) -> None:
    """Where it says that it takes description ids, it does."""
    trial.require_writing()
    if not trial.takes_description_ids:
        raise NotTried("its capabilities do not have takes_description_ids")
    if not trial.subject.description_id:
        raise NotTried("no description id was given: --description")
    entry = trial.entry(description_id=trial.subject.description_id)
    answer = trial.post(trial.codes_path, entry, key=uuid4())
    expect(answer, *_TAKEN)
    _filed(answer)
