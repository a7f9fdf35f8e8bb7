"""The sandbox's controls, its own process, and what keeps it out of production."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import httpx
import pytest

from integrations.sandbox.server import SandboxServer
from selfbook.embedded.ports import free_port
from tests.integrations.sandbox.practice import NHS_NUMBER, ODS, Caller, seed
from tests.waiting import PATIENCE, wait_until

MODULE = [sys.executable, "-m", "integrations.sandbox"]
ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def running() -> Iterator[SandboxServer]:
    with SandboxServer() as server:
        yield server


@pytest.fixture
def caller(running: SandboxServer) -> Iterator[Caller]:
    made = Caller(running)
    with made.http:
        yield made


def find(caller: Caller) -> httpx.Response:
    return caller.find(f"?identifier={NHS_NUMBER}%7C9990000018")


def test_faults_are_listed_until_used_or_cleared(caller: Caller) -> None:
    caller.sandbox.fault("gp_connect.patient", "status", status=502, times=2)
    assert find(caller).status_code == 502
    (left,) = caller.sandbox.control("faults")["faults"]
    assert (left["kind"], left["times"]) == ("status", 1)
    caller.sandbox.control("faults", method="DELETE")
    assert find(caller).status_code == 200


def test_a_fault_can_be_for_one_patient(caller: Caller) -> None:
    caller.sandbox.fault("gp_connect.*", "refuse", code="ACCESS DENIED", match={"nhs_number": "9990000026"})
    assert find(caller).status_code == 200
    assert caller.find(f"?identifier={NHS_NUMBER}%7C9990000026").status_code == 403


def test_a_dropped_connection_is_noted_with_no_status(caller: Caller) -> None:
    caller.sandbox.fault("gp_connect.patient", "timeout_before")
    with pytest.raises(httpx.TransportError):
        find(caller)
    journal = caller.sandbox.control(f"books?part=journal&ods={ODS}")["journal"]
    assert [(entry["method"], entry["target"], entry["status"]) for entry in journal] == [
        ("GET", "gp_connect.patient", 0)
    ]


@pytest.mark.parametrize("path", ["faults", "seed"])
def test_what_is_not_known_is_refused(caller: Caller, path: str) -> None:
    body = {"nonsense": 1} if path == "faults" else {"patients": [{"nonsense": 1}]}
    assert caller.http.post(f"/__control/{path}", json=body).status_code == 400
    assert caller.http.get("/__control/books?part=nonsense").status_code == 400


def test_the_clock_can_be_moved_and_is_put_back_by_a_reset(caller: Caller) -> None:
    assert caller.sandbox.control("clock", {"offset_seconds": 60})["offset_seconds"] == 60
    caller.sandbox.control("reset", {})
    assert caller.sandbox.control("clock")["offset_seconds"] == 0


@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT])
def test_the_process_keeps_its_books_and_stops_when_told(tmp_path: Path, stop: signal.Signals) -> None:
    port = free_port()
    command = [*MODULE, "--port", str(port), "--store", str(tmp_path / "books.sqlite3")]
    url = f"http://127.0.0.1:{port}/__control"

    def is_up() -> bool:
        try:
            return httpx.get(f"{url}/health", trust_env=False).is_success
        except httpx.TransportError:
            return False

    for start in range(2 if stop is signal.SIGTERM else 1):
        process = subprocess.Popen(command, cwd=ROOT, env={**os.environ, "SELFBOOK_ENV": "test"})
        try:
            wait_until(is_up)
            if start == 0:
                httpx.post(f"{url}/seed", json=seed(), trust_env=False).raise_for_status()
            patients = httpx.get(f"{url}/books?part=patients", trust_env=False).json()["patients"]
            assert len(patients) == 2
        finally:
            process.send_signal(stop)
            assert process.wait(PATIENCE) in (0, -stop)


@pytest.mark.parametrize(
    ("arguments", "environment"),
    [([], "production"), (["--host", "0.0.0.0"], "test"), (["--host", "example.com"], "test")],
)
def test_it_starts_neither_in_production_nor_for_others(arguments: list[str], environment: str) -> None:
    command = [*MODULE, "--port", "1", *arguments]
    done = subprocess.run(
        command,
        cwd=ROOT,
        env={**os.environ, "SELFBOOK_ENV": environment},
        capture_output=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 2


def test_the_clock_can_run_faster(caller: Caller) -> None:
    real = time.time()
    facts = caller.sandbox.control("clock", {"rate": 100, "since": real - 60})
    ahead = datetime.fromisoformat(facts["now"]).timestamp() - real
    assert 99 * 60 <= ahead < 99 * 60 + 1000
    caller.sandbox.control("reset", {})
    assert caller.sandbox.control("clock")["rate"] == 1
