"""Practices without a record gateway, and those whose gateway finds local codes itself."""

import pkgutil
from datetime import timedelta
from importlib import import_module
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

import integrations.migrations
from campaigns.models import CodeKind
from campaigns.models.codes import ByHand
from integrations import gateways
from integrations.clinical.errors import RecordFault
from integrations.clinical.port import CapabilityAnswer
from integrations.models import ClinicalConnection, GatewayCapabilities
from integrations.models.outbox import CodedEntry, GatewayOutage
from integrations.models.states import CodeState
from integrations.outbox.codes.filing import file_due
from integrations.record_faults import HAPPENED
from tests.factories import make_code
from tests.integrations.outbox.conftest import Case


def without_gateway(case: Case) -> None:
    ClinicalConnection.objects.filter(practice=case.practice).update(gateway_url="", gateway_token="")


def exchange(case: Case, **facts: Any) -> None:
    """Another gateway at the same address; what the former one said has become old."""
    practice = case.practice
    seeded = {"ods": practice.ods_code, "system": practice.clinical_system, "name": practice.name, **facts}
    case.sandbox.control("seed", {"practices": [seeded]})
    GatewayCapabilities.objects.update(read_at=timezone.now() - gateways.FRESH_FOR)


def asked(case: Case) -> int:
    journal = case.sandbox.control(f"books?part=journal&ods={case.practice.ods_code}")["journal"]
    return sum(entry["target"] == "gateway.capabilities" for entry in journal)


def migration(end: str) -> Any:
    """The migration whose name ends so, whatever its number."""
    names = [module.name for module in pkgutil.iter_modules(integrations.migrations.__path__)]
    (name,) = [name for name in names if name.endswith(end)]
    return import_module(f"integrations.migrations.{name}")


def facts() -> list[tuple[str, bool]]:
    return list(CodedEntry.objects.order_by("created_at").values_list("state", "look_first"))


def test_what_was_given_to_staff_before_is_looked_at_first_where_its_reason_says_so(case: Case) -> None:
    reasons = [
        ("not_filed", "The clinical system did not keep this code. File it by hand.", False),
        ("not_filed", f"{HAPPENED[RecordFault.NO_BIRTH]} Find out whose record it is, then file it by hand.", True),
        ("not_filed", f"{HAPPENED[RecordFault.SEVERAL]} File it by hand.", True),
        ("not_filed", f"{HAPPENED[RecordFault.NOT_FOUND]} File it by hand.", True),
        ("not_filed", "The clinical system did not accept the NHS number. File it by hand.", True),
        ("not_filed", "The clinical system took this code, and it is not in the record. File it by hand.", True),
        ("check", "The clinical system could not be reached. Check the record and file it by hand.", True),
        ("due", "", False),
    ]
    for state, reason, _ in reasons:
        case.code(state=state, reason=reason)
    with connection.cursor() as cursor:
        cursor.execute(migration("_codes_for_staff")._LOOK_FIRST)
        cursor.execute(migration("_codes_without_a_gateway")._WHOLE)
    assert facts() == [(state, look_first) for state, _, look_first in reasons]
    assert gateways.has_gateway(case.practice.id)


def test_codes_are_for_staff_as_soon_as_they_are_due(case: Case) -> None:
    without_gateway(case)
    GatewayOutage.objects.create(practice=case.practice, retry_at=timezone.now() + timedelta(hours=1))
    entries = [case.code(), case.code(due_at=timezone.now() + timedelta(hours=5))]
    waiting = case.code(case.message())
    assert file_due(case.practice.id) == 2
    assert file_due(case.practice.id) == 0
    for entry in entries:
        entry.refresh_from_db()
        assert (entry.state, entry.look_first, entry.due_at) == (CodeState.NOT_FILED, False, None)
        assert "no record gateway" in entry.reason
    waiting.refresh_from_db()
    assert waiting.state == CodeState.WAITING
    assert not GatewayOutage.objects.exists()


@pytest.mark.hazard("H-08.5")
def test_what_a_former_gateway_may_have_filed_is_looked_at_first(case: Case) -> None:
    without_gateway(case)
    now = timezone.now()
    case.code(attempts=2)
    case.code(state=CodeState.UNCONFIRMED, due_at=now)
    with_a_worker = case.code(state=CodeState.UNCONFIRMED, due_at=now + timedelta(minutes=5))
    case.code(state=CodeState.STARTED, due_at=now + timedelta(minutes=5))
    assert file_due(case.practice.id) == 2
    assert facts() == [("check", True), ("check", True), ("unconfirmed", False), ("started", False)]
    CodedEntry.objects.filter(id=with_a_worker.id).update(due_at=now)
    assert file_due(case.practice.id) == 1


def test_another_practice_files_on(case: Case) -> None:
    code = case.code()
    assert file_due(case.practice.id) == 1
    code.refresh_from_db()
    assert code.state == CodeState.FILED


@pytest.mark.parametrize("half", [{"gateway_url": ""}, {"gateway_token": ""}])
def test_a_gateway_is_there_whole_or_not_at_all(case: Case, half: dict[str, str]) -> None:
    stored = case.practice.clinical_connection
    for name, value in half.items():
        setattr(stored, name, value)
    with pytest.raises(ValidationError, match="or neither"):
        stored.full_clean()
    with pytest.raises(IntegrityError), transaction.atomic():
        stored.save()


def test_a_gateway_that_maps_files_codes_without_ours(case: Case) -> None:
    exchange(case, maps_local_codes=True)
    codes = [case.code(local_scheme="", local_code="") for _ in range(3)]
    assert file_due(case.practice.id) == 3
    assert {state for state, _ in facts()} == {"filed"}
    assert len(case.codes()) == len(codes)
    assert asked(case) == 1
    case.code(local_scheme="", local_code="")
    assert file_due(case.practice.id) == 1
    assert asked(case) == 1


def test_what_it_took_and_did_not_keep_is_for_staff(case: Case) -> None:
    exchange(case, maps_local_codes=True)
    case.code(local_scheme="", local_code="")
    case.sandbox.fault("gateway.codes", "drop_code")
    file_due(case.practice.id)
    assert facts() == [("not_filed", False)]


def test_one_that_does_not_map_leaves_them_to_staff(case: Case) -> None:
    case.code(local_scheme="", local_code="")
    file_due(case.practice.id)
    assert facts() == [("not_filed", False)]


def test_while_it_cannot_be_asked_they_wait(case: Case) -> None:
    exchange(case, maps_local_codes=True)
    case.sandbox.fault("gateway.capabilities", "status", status=503, times=None)
    case.code(local_scheme="", local_code="")
    file_due(case.practice.id)
    assert facts() == [("due", False)]
    assert not GatewayCapabilities.objects.exists()
    case.sandbox.control("faults", method="DELETE")
    CodedEntry.objects.update(due_at=timezone.now())
    GatewayOutage.objects.update(retry_at=timezone.now())
    assert file_due(case.practice.id) == 1
    assert facts() == [("filed", False)]


def test_what_was_said_is_of_one_address_and_token(case: Case) -> None:
    exchange(case, maps_local_codes=True)
    case.code(local_scheme="", local_code="")
    file_due(case.practice.id)
    assert gateways.last_known(case.practice.id).maps_local_codes
    ClinicalConnection.objects.filter(practice=case.practice).update(gateway_url="https://other.example.org/gateway")
    assert gateways.last_known(case.practice.id).answer is CapabilityAnswer.NONE
    assert not gateways.last_known(case.practice.id).maps_local_codes


def test_pages_say_what_staff_must_file(case: Case) -> None:
    plain = make_code(CodeKind.INVITATION, emis_scheme="", emis_code="")
    ours = make_code(CodeKind.DECLINE)
    assert plain.by_hand_in(case.practice) is ByHand.NO_LOCAL_CODE
    assert ours.by_hand_in(case.practice) is ByHand.NO
    exchange(case, maps_local_codes=True)
    case.code()
    file_due(case.practice.id)
    assert plain.by_hand_in(case.practice) is ByHand.NO
    without_gateway(case)
    assert {code.by_hand_in(case.practice) for code in (plain, ours)} == {ByHand.NO_GATEWAY}


@pytest.mark.parametrize(
    ("fault", "look_first"),
    [
        ({"kind": "refuse", "status": 422, "code": "CODE_NOT_ACCEPTED"}, False),
        ({"kind": "refuse", "status": 422, "code": "IDEMPOTENCY_KEY_REUSED"}, True),
    ],
)
def test_what_is_filed_with_others_surely_is_not_there(case: Case, fault: dict[str, Any], look_first: bool) -> None:
    case.code()
    case.sandbox.fault("gateway.codes", **fault)
    file_due(case.practice.id)
    assert facts() == [("not_filed", look_first)]


@pytest.mark.parametrize("refusal", ["PATIENT_NOT_FOUND", "SEVERAL_PATIENTS", "INVALID_NHS_NUMBER"])
def test_a_record_that_is_not_plain_is_looked_at_first(case: Case, refusal: str) -> None:
    case.code()
    case.sandbox.fault("gateway.patient", "refuse", status=404, code=refusal)
    file_due(case.practice.id)
    assert facts() == [("not_filed", True)]
