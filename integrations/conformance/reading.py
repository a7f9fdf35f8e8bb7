"""The rules that a gateway is tried against by reading alone: nothing is filed (record-gateway#contract)."""

from http import HTTPStatus
from uuid import uuid4

from integrations.clinical.gateway import CONTRACT
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

NO_TOKEN = "a-token-that-nobody-has"  # noqa: S105 - on purpose none


def https(trial: Trial) -> None:
    """Over plain HTTP everybody on the way reads the token and the records."""
    if trial.client.base_url.scheme != "https":
        raise NotTried("it is tried on this machine, by plain HTTP")


def health(trial: Trial) -> None:
    """It is there, and says what it is."""
    try:
        answer = trial.get("/v1/health")
    finally:
        trial.health_asked = True
    trial.is_there = True
    expect(answer, HTTPStatus.OK)
    body = object_of(answer)
    text_in(body, "system")
    text_in(body, "version")
    if not flag_in(body, "ok"):
        broken("ok is false")


def without_token(trial: Trial) -> None:
    """Nobody is let in without a token."""
    _refused_log_in(trial, None)


def wrong_token(trial: Trial) -> None:
    """Nobody is let in with another token."""
    _refused_log_in(trial, NO_TOKEN)


def _refused_log_in(trial: Trial, token: str | None) -> None:
    for path, query in (("/v1/health", None), ("/v1/patients", {"nhs_number": trial.subject.patient})):
        expect_refusal(trial.get(path, query, token=token), (HTTPStatus.UNAUTHORIZED,), "NOT_AUTHORISED")


def capabilities(trial: Trial) -> None:
    """It says what it can do, in a form that can be relied on."""
    answer = trial.get("/v1/capabilities")
    if answer.status == HTTPStatus.NOT_FOUND:
        raise NotTried("it has none, so it counts as one of contract 1.0 and can do nothing of them")
    expect(answer, HTTPStatus.OK)
    body = object_of(answer)
    if not CONTRACT.fullmatch(text_in(body, "contract")):
        broken("contract is no version 1.x")
    flag_in(body, "maps_local_codes", default=False)
    trial.takes_description_ids = flag_in(body, "takes_description_ids", default=False)


def patient(trial: Trial) -> None:
    """It answers about one patient: the one that was asked for."""
    answer = trial.get("/v1/patients", {"nhs_number": trial.subject.patient})
    if answer.status == HTTPStatus.NOT_FOUND and answer.error_code == "PATIENT_NOT_FOUND":
        broken("the test patient was not found: name one that is there with --patient")
    expect(answer, HTTPStatus.OK)
    body = object_of(answer)
    if text_in(body, "nhs_number") != trial.subject.patient:
        broken("nhs_number is not the one that was asked for")
    trial.local_id = text_in(body, "local_id")
    for name in ("deceased", "active", "sensitive"):
        flag_in(body, name)


def date_of_birth(trial: Trial) -> None:
    """The date of birth is there, and whole: without it nothing is ever filed."""
    trial.codes_path  # noqa: B018 - raises where there is no patient
    day_in(object_of(trial.get("/v1/patients", {"nhs_number": trial.subject.patient})), "dob")


def unknown_patient(trial: Trial) -> None:
    """A patient who is not there is not found, and is no mistake of anybody's."""
    answer = trial.get("/v1/patients", {"nhs_number": trial.subject.unknown})
    expect_refusal(answer, (HTTPStatus.NOT_FOUND,), "PATIENT_NOT_FOUND")


def bad_number(trial: Trial) -> None:
    """What is no NHS number is refused as that, and finds nobody."""
    number = trial.subject.patient
    wrong = number[:-1] + str((int(number[-1]) + 1) % 10)
    for written in (wrong, number[:-1], ""):
        answer = trial.get("/v1/patients", {"nhs_number": written})
        statuses = (HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND, HTTPStatus.UNPROCESSABLE_ENTITY)
        expect_refusal(answer, statuses, "INVALID_NHS_NUMBER", "PATIENT_NOT_FOUND", "BAD_REQUEST")


def no_entry(trial: Trial) -> None:
    """A key that nothing was filed with has no entries, which is no error."""
    answer = trial.get(trial.codes_path, {"key": str(uuid4())})
    expect(answer, HTTPStatus.OK)
    if object_of(answer).get("codes") != []:
        broken("codes is not an empty list")


def entries_of_unknown(trial: Trial) -> None:
    """The entries of a record that is not there are not found."""
    answer = trial.get(f"/v1/patients/{uuid4()}/codes", {"key": str(uuid4())})
    expect_refusal(answer, (HTTPStatus.NOT_FOUND,), "PATIENT_NOT_FOUND")


def json_alone(trial: Trial) -> None:
    """Every answer is JSON and says so."""
    for answer in _all(trial):
        if answer.headers.get("Content-Type", "").partition(";")[0].strip().lower() != "application/json":
            broken(f"{answer.call}: {answer.status} without Content-Type application/json")
        if answer.body is None:
            broken(f"{answer.call}: {answer.status} with a body that is no JSON")


def no_store(trial: Trial) -> None:
    """No answer may be kept on the way."""
    for answer in _all(trial):
        directives = {word.strip().lower() for word in answer.headers.get("Cache-Control", "").split(",")}
        if "no-store" not in directives:
            broken(f"{answer.call}: {answer.status} without Cache-Control no-store")


def error_form(trial: Trial) -> None:
    """Every error has the form of one."""
    for answer in _all(trial):
        if not answer.is_error:
            continue
        body = object_of(answer)
        if not answer.error_code:
            broken(f"{answer.call}: {answer.status} without a code in capital letters")
        if not isinstance(body.get("message"), str):
            broken(f"{answer.call}: {answer.status} without a message")
        wait = body.get("retry_after", "")
        if wait is not None and (isinstance(wait, bool) or not isinstance(wait, (int, float)) or wait < 0):
            broken(f"{answer.call}: {answer.status} with a retry_after that is neither null nor seconds")


def errors_say_nothing(trial: Trial) -> None:
    """No error repeats whom the call was about, or the token."""
    secrets = [trial.subject.patient, trial.subject.unknown, trial.token]
    for answer in _all(trial):
        if answer.is_error and any(secret.encode() in answer.content for secret in secrets):
            broken(f"{answer.call}: {answer.status} repeats an NHS number or the token")


def _all(trial: Trial) -> list[Answer]:
    """All answers so far. Raises NotTried when there are none."""
    if not trial.answers:
        raise NotTried("it has answered nothing")
    return trial.answers
