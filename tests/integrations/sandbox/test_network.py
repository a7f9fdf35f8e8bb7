"""What the stand-ins have between us and them: certificates to enter by hand, and a front that lets few in."""

import os
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from integrations.clinical.certificates import faults
from integrations.clinical.port import Certificates
from integrations.clinical.tls import build
from integrations.sandbox.__main__ import write_certificates
from integrations.sandbox.network.authority import Authority
from integrations.sandbox.network.mutual_tls import demanding
from integrations.sandbox.server import SandboxServer


def test_certificates_to_enter_by_hand_are_good_and_for_this_user_alone(tmp_path: Path) -> None:
    folder, authority = tmp_path / "certificates", Authority()
    write_certificates(authority, folder)
    names = ["client.pem", "client.key", "authority.pem"]
    given = Certificates(*((folder / name).read_text() for name in names))
    assert faults(given, datetime.now(UTC)) == {}
    assert [os.stat(folder / name).st_mode & 0o777 for name in names] == [0o600] * 3
    assert demanding(authority.server(), authority).verify_mode.name == "CERT_REQUIRED"


def test_the_whole_sandbox_is_behind_mutual_tls_too() -> None:
    with SandboxServer() as sandbox:
        client = sandbox.authority.client()
        known = build(Certificates(client.certificate, client.key, sandbox.authority.certificate))
        health = f"{sandbox.secure_url}/__control/health"
        assert httpx.get(health, verify=known, trust_env=False).status_code == 200
        with pytest.raises(httpx.ReadError, match="certificate required"):
            httpx.get(health, verify=build(Certificates(authority=sandbox.authority.certificate)), trust_env=False)
