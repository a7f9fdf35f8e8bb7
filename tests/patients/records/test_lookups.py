"""Looking EMIS patients up, against the stand-in over HTTP: every answer, every trouble, and nothing asked twice."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.utils import timezone
from pytest_django import Settings

from integrations.models import ClinicalConnection
from patients.lists import queries
from patients.lists.downloads import cannot_be_sent_csv
from patients.models import ListState, OptOutSource, PatientList, Pause, Verdict
from patients.opt_outs import services as opt_outs
from patients.reasons import Reason
from patients.records import lookups
from patients.tasks import look_up_patients, resume_lists
from patients.values.corrections import Tidied
from tests.factories import nhs_number
from tests.patients.conftest import EmisSurgery
from tests.patients.list_files import SYSTMONE, emis, systmone
from tests.waiting import HELD_UP, wait_until

ASHA, BEN, CAT, DEE, EVE, FAY, UNKNOWN = (nhs_number(serial) for serial in range(500, 507))


def look_up(patient_list: PatientList) -> PatientList:
    """Work on a list until there is nothing to do at once."""
    while lookups.look_up_pending(patient_list_id=patient_list.id):
        pass
    return PatientList.objects.get(id=patient_list.id)


def due(patient_list: PatientList) -> None:
    """Let the waiting time of a list pass."""
    PatientList.objects.filter(id=patient_list.id).update(look_up_at=timezone.now() - timedelta(seconds=1))


def reasons(patient_list: PatientList) -> dict[str, list[str]]:
    return dict(patient_list.recipients.values_list("nhs_number", "reasons"))


def test_mobile_birth_date_and_name_come_from_the_record(emis_surgery: EmisSurgery) -> None:
    emis_surgery.add_patient(ASHA, mobile="07700 900456", given="ASHA", dob="1960-02-29")
    done = look_up(emis_surgery.upload(emis(ASHA)))
    assert done.is_ready
    row = done.recipients.get()
    assert (row.verdict, row.mobile, row.date_of_birth) == (Verdict.CAN, "+447700900456", date(1960, 2, 29))
    assert (row.given_name, row.family_name, row.reasons) == ("Asha", "Patel", [])


def test_every_reason_that_a_record_can_give(emis_surgery: EmisSurgery) -> None:
    """Deceased, left and sensitive patients are shown to nobody."""
    emis_surgery.add_patient(ASHA, mobile="")
    emis_surgery.add_patient(BEN, mobile="01134960000")
    emis_surgery.add_patient(CAT, deceased=True)
    emis_surgery.add_patient(DEE, inactive=True)
    emis_surgery.add_patient(EVE, sensitive=True)
    emis_surgery.add_patient(FAY)
    done = look_up(emis_surgery.upload(emis(ASHA, BEN, CAT, DEE, EVE, FAY, UNKNOWN, "123")))
    assert reasons(done) == {
        ASHA: [Reason.RECORD_NO_MOBILE],
        BEN: [Reason.RECORD_BAD_MOBILE],
        CAT: [Reason.RECORD_NOT_FOUND],
        DEE: [Reason.RECORD_NOT_FOUND],
        EVE: [Reason.RECORD_NOT_FOUND],
        FAY: [],
        UNKNOWN: [Reason.RECORD_NOT_FOUND],
        "": [Reason.NHS_NUMBER_LENGTH],
    }
    assert queries.verdict_counts(done) == queries.VerdictCounts(can=1, cannot=7, pending=0)


def test_a_date_of_birth_that_differs_from_the_record_holds_the_row_back(emis_surgery: EmisSurgery) -> None:
    """Nobody can say which is right, so staff are asked."""
    emis_surgery.add_patient(ASHA)
    emis_surgery.add_patient(BEN)
    done = look_up(emis_surgery.upload(f"NHS Number,DOB\n{ASHA},09/03/1958\n{BEN},10/03/1958\n".encode()))
    assert reasons(done) == {ASHA: [], BEN: [Reason.RECORD_BIRTH_DIFFERS]}


def test_a_list_whose_names_are_not_those_of_its_records(emis_surgery: EmisSurgery) -> None:
    """As when a column was sorted without the others: each row says both names, and nobody is texted."""
    people = {ASHA: ("Asha", "Patel"), BEN: ("Ben", "Okoro"), CAT: ("Cat", "Müller"), DEE: ("Dee", "O'Brien")}
    for number, (given, family) in people.items():
        emis_surgery.add_patient(number, given=given, family=family)
    names = [people[number] for number in (BEN, CAT, DEE, ASHA)]
    rows = "".join(f"{number},{given},{family}\n" for number, (given, family) in zip(people, names, strict=True))
    done = look_up(emis_surgery.upload(f"NHS Number,Given Name,Family Name\n{rows}".encode()))
    assert reasons(done) == {number: [Reason.RECORD_NAME_DIFFERS] for number in people}
    row = done.recipients.get(nhs_number=ASHA)
    (explanation,) = row.explanations()
    assert "“Ben Okoro”" in explanation.sentence
    assert "“Asha Patel”" in explanation.sentence
    assert queries.to_contact(done) == 4
    download = "".join(cannot_be_sent_csv(done))
    assert download.count("in EMIS says “Asha Patel”") == 1

    right = "".join(f"{number},{given.upper()},{family.upper()}\n" for number, (given, family) in people.items())
    done = look_up(emis_surgery.upload(f"NHS Number,Given Name,Family Name\n{right}".encode(), "corrected.csv"))
    assert reasons(done) == {number: [] for number in people}


def test_a_record_under_another_number_is_held_back(emis_surgery: EmisSurgery) -> None:
    emis_surgery.add_patient(ASHA)
    emis_surgery.add_patient(BEN)
    answer = _make_bundle(EVE)
    emis_surgery.fault("status", status=200, body=json.dumps(answer))
    done = look_up(emis_surgery.upload(emis(ASHA, BEN)))
    assert sorted(reasons(done).values()) == [[], [Reason.RECORD_OTHER_NUMBER]]


def _make_bundle(nhs_number: str) -> dict[str, object]:
    """A search's answer with a patient of this number."""
    patient = {
        "resourceType": "Patient",
        "id": "1",
        "identifier": [{"system": "https://fhir.nhs.uk/Id/nhs-number", "value": nhs_number}],
        "name": [{"family": "Patel"}],
    }
    return {"resourceType": "Bundle", "type": "searchset", "entry": [{"resource": patient}]}


def born(years: int, days: int = 0) -> str:
    """The ISO date of birth of somebody who was so old so many days ago."""
    today = timezone.localdate() - timedelta(days=days)
    return today.replace(year=today.year - years, day=min(today.day, 28)).isoformat()


def test_a_child_by_the_record_is_not_texted(emis_surgery: EmisSurgery, settings: Settings) -> None:
    """The age counts from the record where the list has none."""
    for number, birth in ((ASHA, born(15)), (BEN, born(17)), (CAT, born(15))):
        emis_surgery.add_patient(number, dob=birth)
    emis_surgery.add_patient(DEE, dob=born(15), mobile="")
    assert reasons(look_up(emis_surgery.upload(emis(ASHA, BEN, DEE)))) == {
        ASHA: [Reason.UNDER_AGE],
        BEN: [],
        DEE: [Reason.RECORD_NO_MOBILE, Reason.UNDER_AGE],
    }
    settings.TEXT_FROM_AGE = 11
    assert reasons(look_up(emis_surgery.upload(emis(CAT)))) == {CAT: []}


def test_an_island_mobile_is_texted_only_where_that_is_allowed(emis_surgery: EmisSurgery, settings: Settings) -> None:
    emis_surgery.add_patient(ASHA, mobile="07797 712345")
    assert reasons(look_up(emis_surgery.upload(emis(ASHA)))) == {ASHA: [Reason.RECORD_BAD_MOBILE]}
    settings.TEXT_ISLANDS = True
    assert reasons(look_up(emis_surgery.upload(emis(ASHA)))) == {ASHA: []}


def test_a_name_that_no_text_should_repeat_is_left_out_and_said(emis_surgery: EmisSurgery) -> None:
    emis_surgery.add_patient(ASHA, given="www.example.org")
    emis_surgery.add_patient(BEN, given="Ben")
    rows = look_up(emis_surgery.upload(emis(ASHA, BEN))).recipients.order_by("row_number")
    assert [(row.given_name, row.tidied) for row in rows] == [("", [Tidied.NAME_LEFT_OUT]), ("Ben", [])]


def test_a_looked_up_list_is_screened_in_the_moment_it_is_ready(emis_surgery: EmisSurgery) -> None:
    """The mobile is known from the record only."""
    for number, mobile in ((ASHA, "07700 900456"), (BEN, "07700 900457"), (CAT, "07700 900458")):
        emis_surgery.add_patient(number, mobile=mobile)
    for of in ({"mobile": "07700900456"}, {"nhs_number": BEN}):
        opt_outs.add(practice=emis_surgery.practice, by=None, source=OptOutSource.PATIENT, **of)
    done = look_up(emis_surgery.upload(emis(ASHA, BEN, CAT)))
    assert done.is_ready
    assert reasons(done) == {ASHA: [Reason.OPTED_OUT], BEN: [Reason.OPTED_OUT], CAT: []}
    assert queries.verdict_counts(done) == queries.VerdictCounts(can=1, cannot=2, pending=0)


@pytest.mark.parametrize(
    ("status", "code", "reason"),
    [(400, "INVALID_NHS_NUMBER", Reason.RECORD_NUMBER_REFUSED), (404, "PATIENT_NOT_FOUND", Reason.RECORD_NOT_FOUND)],
)
def test_a_refusal_is_about_one_patient(emis_surgery: EmisSurgery, status: int, code: str, reason: Reason) -> None:
    emis_surgery.add_patient(ASHA)
    emis_surgery.fault("status", status=status, code=code)
    done = look_up(emis_surgery.upload(emis(ASHA)))
    assert reasons(done) == {ASHA: [reason]}


def test_emis_down_half_way_pauses_and_resumes_without_asking_again(emis_surgery: EmisSurgery) -> None:
    numbers = [nhs_number(serial) for serial in range(600, 640)]
    for number in numbers:
        emis_surgery.add_patient(number)
    stored = emis_surgery.upload(emis(*numbers))
    emis_surgery.fault("status", status=503, times=None, skip=20)
    paused = look_up(stored)
    assert (paused.state, paused.paused_reason) == (ListState.LOOKING_UP, Pause.UNREACHABLE)
    assert "cannot reach EMIS" in paused.pause
    answered = stored.recipients.can().count()
    assert answered == 20
    assert queries.progress(paused) == (20, 40)
    emis_surgery.mend()
    before = emis_surgery.calls()
    done = look_up(stored)
    assert (done.is_ready, done.paused_reason) == (True, Pause.NONE)
    assert emis_surgery.calls() - before == 20
    assert stored.recipients.can().count() == 40


def test_pauses_grow_and_end_with_the_first_answer(emis_surgery: EmisSurgery) -> None:
    emis_surgery.add_patient(ASHA)
    stored = emis_surgery.upload(emis(ASHA))
    emis_surgery.fault("status", status=503, times=None)
    waits = []
    for _ in range(3):
        paused = look_up(stored)
        assert paused.look_up_at is not None
        waits.append(paused.look_up_at - timezone.now())
    assert timedelta(seconds=5) < waits[0] < waits[1] < waits[2] < timedelta(minutes=2)
    assert paused.look_up_failures == 3
    emis_surgery.mend()
    assert look_up(stored).look_up_failures == 0


def test_emis_says_how_long_to_wait(emis_surgery: EmisSurgery) -> None:
    """But not for a day (calls#asked-to-wait)."""
    stored = emis_surgery.upload(emis(ASHA))
    for seconds, least, most in (("120", 110, 125), ("86400", 880, 905)):
        emis_surgery.fault("status", status=429, headers={"Retry-After": seconds}, times=None)
        paused = look_up(stored)
        assert paused.look_up_at is not None
        assert least < (paused.look_up_at - timezone.now()).total_seconds() < most
        emis_surgery.mend()


def test_a_connection_that_must_be_mended_says_so(emis_surgery: EmisSurgery) -> None:
    emis_surgery.add_patient(ASHA)
    stored = emis_surgery.upload(emis(ASHA))
    emis_surgery.fault("status", status=403, code="ACCESS DENIED", times=None)
    assert "Ask an administrator" in look_up(stored).pause
    emis_surgery.mend()
    ClinicalConnection.objects.filter(practice=emis_surgery.practice).delete()
    paused = look_up(stored)
    assert paused.paused_reason == Pause.NOT_AUTHORISED
    assert stored.recipients.pending().count() == 1


def test_a_certificate_that_is_missing_is_no_refused_log_in(emis_surgery: EmisSurgery) -> None:
    emis_surgery.add_patient(ASHA)
    stored = emis_surgery.upload(emis(ASHA))
    row = ClinicalConnection.objects.get(practice=emis_surgery.practice)
    row.gp_connect_url = row.gp_connect_url.replace(emis_surgery.sandbox.url, emis_surgery.sandbox.secure_url)
    row.spine_ca = emis_surgery.sandbox.authority.certificate
    row.save()
    paused = look_up(stored)
    assert paused.paused_reason == Pause.CERTIFICATE
    assert paused.pause.startswith("There is no secure connection to EMIS. Ask an administrator")
    assert paused.look_up_at is not None
    assert (paused.look_up_at - timezone.now()).total_seconds() > 500
    client = emis_surgery.sandbox.authority.client()
    row.client_certificate, row.client_key = client.certificate, client.key
    row.save()
    look_up(stored)
    assert stored.recipients.pending().count() == 0


def test_a_practice_that_has_not_switched_it_on_says_so(emis_surgery: EmisSurgery) -> None:
    practice = {"ods": emis_surgery.practice.ods_code, "system": "emis", "name": "x", "gp_connect_enabled": False}
    emis_surgery.sandbox.control("seed", {"practices": [practice]})
    paused = look_up(emis_surgery.upload(emis(ASHA)))
    assert paused.paused_reason == Pause.NOT_ENABLED


def test_one_unreadable_answer_is_one_patients(emis_surgery: EmisSurgery) -> None:
    emis_surgery.add_patient(ASHA)
    emis_surgery.add_patient(BEN)
    emis_surgery.fault("status", status=200, body="<html>")
    done = look_up(emis_surgery.upload(emis(ASHA, BEN)))
    assert sorted(reasons(done).values()) == [[], [Reason.RECORD_UNREADABLE]]


def test_nothing_but_unreadable_answers_is_a_failing_system_for_a_while(emis_surgery: EmisSurgery) -> None:
    """A log-in page for every answer (calls#unreadable-answers)."""
    stored = emis_surgery.upload(emis(ASHA, BEN))
    emis_surgery.fault("status", status=200, body="<html>log in</html>", times=None)
    for _ in range(lookups.UNREADABLE_PAUSES):
        paused = look_up(stored)
        assert (paused.paused_reason, stored.recipients.pending().count()) == (Pause.UNREACHABLE, 2)
    done = look_up(stored)
    assert set(map(tuple, reasons(done).values())) == {(Reason.RECORD_UNREADABLE,)}
    assert done.is_ready


def test_a_long_list_gives_other_practices_a_turn(emis_surgery: EmisSurgery) -> None:
    numbers = [nhs_number(serial) for serial in range(700, 740)]
    stored = emis_surgery.upload(emis(*numbers))
    assert lookups.look_up_pending(patient_list_id=stored.id, batch=16)
    stored.refresh_from_db()
    assert (queries.progress(stored), stored.claimed_by) == ((16, 40), None)
    assert look_up(stored).is_ready
    assert emis_surgery.calls() == 40


def test_a_practice_has_one_worker_at_a_time(emis_surgery: EmisSurgery) -> None:
    first, second = emis_surgery.upload(emis(ASHA)), emis_surgery.upload(emis(BEN))
    soon = timezone.now() + timedelta(minutes=1)
    PatientList.objects.filter(id=first.id).update(claimed_by=uuid4(), look_up_at=soon)
    assert not lookups.look_up_pending(patient_list_id=first.id)
    assert not lookups.look_up_pending(patient_list_id=second.id)
    assert emis_surgery.calls() == 0


def test_a_dead_workers_claim_runs_out(emis_surgery: EmisSurgery) -> None:
    """Killed while it was asking (faults#killed-processes)."""
    emis_surgery.add_patient(ASHA)
    stored = emis_surgery.upload(emis(ASHA))
    PatientList.objects.filter(id=stored.id).update(claimed_by=uuid4())
    due(stored)
    assert look_up(stored).is_ready


def test_a_worker_whose_claim_ran_out_writes_nothing(emis_surgery: EmisSurgery) -> None:
    """A slow worker comes back after another one has taken the list over."""
    emis_surgery.add_patient(ASHA)
    stored = emis_surgery.upload(emis(ASHA))
    emis_surgery.fault("latency", seconds=HELD_UP)
    with ThreadPoolExecutor(1) as other:
        slow = other.submit(_in_thread, stored)
        wait_until(lambda: PatientList.objects.filter(id=stored.id, claimed_by__isnull=False).exists())
        PatientList.objects.filter(id=stored.id).update(claimed_by=uuid4())
        emis_surgery.sandbox.control("faults", method="DELETE")
        assert slow.result() is False
    assert stored.recipients.pending().count() == 1
    due(stored)
    assert look_up(stored).is_ready


def _in_thread(patient_list: PatientList) -> bool:
    try:
        return lookups.look_up_pending(patient_list_id=patient_list.id)
    finally:
        connection.close()


def test_many_workers_on_one_list_ask_about_each_patient_once(emis_surgery: EmisSurgery) -> None:
    """Tasks that are delivered several times (faults#delivered-again)."""
    numbers = [nhs_number(serial) for serial in range(800, 830)]
    for number in numbers:
        emis_surgery.add_patient(number)
    stored = emis_surgery.upload(emis(*numbers))
    with ThreadPoolExecutor(4) as workers:
        list(workers.map(_in_thread, [stored] * 8))
    assert look_up(stored).is_ready
    assert (emis_surgery.calls(), stored.recipients.can().count()) == (30, 30)


def test_the_tasks_carry_a_list_to_its_end(emis_surgery: EmisSurgery) -> None:
    emis_surgery.add_patient(ASHA)
    stored = emis_surgery.upload(emis(ASHA))
    look_up_patients(str(stored.id))
    look_up_patients(str(stored.id))  # delivered again
    look_up_patients(str(uuid4()))  # of a draft that was deleted meanwhile
    stored.refresh_from_db()
    assert stored.is_ready
    assert emis_surgery.calls() == 1


def test_the_sweeper_finds_lists_whose_time_has_come_and_no_others(emis_surgery: EmisSurgery) -> None:
    """With Redis emptied, the times in PostgreSQL are enough (faults#redis-away)."""
    lost, paused = emis_surgery.upload(emis(ASHA)), emis_surgery.upload(emis(BEN))
    later = timezone.now() + timedelta(minutes=5)
    PatientList.objects.filter(id=paused.id).update(look_up_at=later)
    due(lost)
    resume_lists()
    lost.refresh_from_db()
    paused.refresh_from_db()
    assert lost.look_up_at is not None
    assert lost.look_up_at > timezone.now()
    assert paused.look_up_at == later
    assert look_up(lost).is_ready  # the moved time keeps nobody from it


def test_a_call_that_breaks_in_an_unforeseen_way_stops_no_list_for_ever(emis_surgery: EmisSurgery) -> None:
    emis_surgery.add_patient(ASHA)
    patient_list = emis_surgery.upload(emis(ASHA))
    ClinicalConnection.objects.update(asid_from="2000\u20130111")  # no header can hold it
    for _ in range(lookups.UNREADABLE_PAUSES + 1):
        due(patient_list)
        done = look_up(patient_list)
    assert done.is_ready
    assert reasons(done) == {ASHA: [Reason.RECORD_UNREADABLE]}


@pytest.fixture
def tpp_surgery(emis_surgery: EmisSurgery, settings: Settings) -> EmisSurgery:
    """A SystmOne practice whose lists are compared with the record."""
    settings.CHECK_SYSTMONE_RECORDS = True
    practice = emis_surgery.practice
    practice.clinical_system = SYSTMONE
    practice.save()
    known = {"ods": practice.ods_code, "system": SYSTMONE, "name": practice.name}
    emis_surgery.sandbox.control("seed", {"practices": [known]})
    return emis_surgery


def test_a_systmone_list_keeps_its_own_mobile_and_name(tpp_surgery: EmisSurgery) -> None:
    tpp_surgery.add_patient(ASHA, mobile="07700 900999", given="Somebody")
    header = "NHS Number,Telecom Number,Date of Birth,First Name"
    stored = tpp_surgery.upload(systmone((ASHA, "07700 900456", "09/03/1958", "Asha"), header=header))
    assert queries.progress(stored) == (0, 1)
    done = look_up(stored)
    row = done.recipients.get()
    assert (done.is_ready, row.verdict, row.mobile, row.given_name) == (True, Verdict.CAN, "+447700900456", "Asha")


def test_what_a_record_can_say_against_a_systmone_row(tpp_surgery: EmisSurgery) -> None:
    """Checked against the record, not corrected from it."""
    tpp_surgery.add_patient(ASHA)
    tpp_surgery.add_patient(BEN, dob="1958-03-10")
    tpp_surgery.add_patient(CAT, deceased=True)
    tpp_surgery.add_patient(DEE, mobile="")
    rows = [(number, "07700900456", "09/03/1958") for number in (ASHA, BEN, CAT, DEE, UNKNOWN)]
    done = look_up(tpp_surgery.upload(systmone(*rows, (EVE, "0113 496 0000", "09/03/1958"))))
    assert reasons(done) == {
        ASHA: [],
        BEN: [Reason.RECORD_BIRTH_DIFFERS],
        CAT: [Reason.RECORD_NOT_FOUND],
        DEE: [],
        UNKNOWN: [Reason.RECORD_NOT_FOUND],
        EVE: [Reason.MOBILE_LANDLINE],
    }
    differs = done.recipients.get(nhs_number=BEN)
    assert differs.date_of_birth == date(1958, 3, 9)
    assert "SystmOne" in differs.explanations()[0].title
    assert tpp_surgery.calls() == 5  # a row that is wrong in itself is not looked up


def test_systmone_down_half_way_pauses_and_resumes_without_asking_again(tpp_surgery: EmisSurgery) -> None:
    numbers = [nhs_number(serial) for serial in range(900, 940)]
    for number in numbers:
        tpp_surgery.add_patient(number)
    stored = tpp_surgery.upload(systmone(*((number, "07700900456", "09/03/1958") for number in numbers)))
    tpp_surgery.fault("status", status=503, times=None, skip=20)
    paused = look_up(stored)
    assert "cannot reach SystmOne" in paused.pause
    assert queries.progress(paused) == (20, 40)
    tpp_surgery.mend()
    before = tpp_surgery.calls()
    assert look_up(stored).is_ready
    assert tpp_surgery.calls() - before == 20
    assert stored.recipients.can().count() == 40


def test_a_systmone_list_is_not_looked_up_when_that_is_switched_off(
    tpp_surgery: EmisSurgery, settings: Settings
) -> None:
    settings.CHECK_SYSTMONE_RECORDS = False
    assert tpp_surgery.upload(systmone((ASHA, "07700900456", "09/03/1958"))).is_ready
    assert tpp_surgery.calls() == 0
