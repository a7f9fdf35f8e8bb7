"""When a warning about a certificate is due, and what the log says of it each day (gp-connect#mutual-tls)."""

import logging
from datetime import UTC, datetime, timedelta

import pytest

from integrations.certificate_expiry import Expiry, Stage, of_practice
from integrations.models import ClinicalConnection
from integrations.sandbox.network.authority import Authority
from integrations.tasks import warn_of_certificates
from practices.models import Practice
from tests.factories import make_practice

NOW = datetime(2027, 1, 2, 10, 0, tzinfo=UTC)
DAY = timedelta(days=1)
SPINE = Authority("Spine")


def expiry(after: timedelta) -> Expiry:
    return Expiry("It", "Renew it.", NOW + after, NOW)


@pytest.mark.hazard("H-14.2")
@pytest.mark.parametrize(
    ("after", "stage"),
    [
        (61 * DAY, None),
        (60 * DAY, Stage.TWO_MONTHS),
        (31 * DAY, Stage.TWO_MONTHS),
        (30 * DAY, Stage.MONTH),
        (8 * DAY, Stage.MONTH),
        (7 * DAY, Stage.WEEK),
        (timedelta(hours=1), Stage.WEEK),
        (timedelta(0), Stage.EXPIRED),
        (-400 * DAY, Stage.EXPIRED),
    ],
)
def test_a_warning_comes_60_30_and_7_days_before_and_when_it_is_over(after: timedelta, stage: Stage | None) -> None:
    assert expiry(after).stage == stage
    assert expiry(after).is_pressing == (stage in (Stage.WEEK, Stage.EXPIRED))


def test_the_day_is_london_s_and_in_words() -> None:
    assert expiry(60 * DAY).state == "expires on 3 March 2027, in 60 days"
    assert expiry(100 * DAY).state == "expires on 12 April 2027"
    assert expiry(timedelta(hours=1)).state == "expires on 2 January 2027, today"
    assert expiry(-DAY).warning == "It expired on 1 January 2027. Renew it. Until then patients cannot book."
    summer = datetime(2027, 7, 1, 23, 30, tzinfo=UTC)
    assert Expiry("It", "", summer, summer - timedelta(hours=2)).state == "expires on 2 July 2027, in 1 day"


def store(lasts: timedelta | None, spine_ca_lasts: timedelta | None = None) -> Practice:
    practice = make_practice()
    client = SPINE.client(lasts=lasts) if lasts is not None else None
    ClinicalConnection.objects.create(
        practice=practice,
        gp_connect_url="https://gp.example.nhs.uk/x",
        client_certificate=client.certificate if client else "",
        client_key=client.key if client else "",
        spine_ca=Authority("Soon", spine_ca_lasts).certificate if spine_ca_lasts else "",
    )
    return practice


@pytest.mark.django_db
def test_the_log_has_a_line_for_each_that_runs_out(caplog: pytest.LogCaptureFixture) -> None:
    early, late, over = store(50 * DAY), store(3.5 * DAY), store(None, -2 * DAY)
    for practice in (store(None), store(100 * DAY)):
        assert of_practice(practice) == []
    warn_of_certificates()
    lines = {record.__dict__["practice_id"]: record for record in caplog.records}
    assert {key: (line.levelno, line.__dict__["days"] > 0) for key, line in lines.items()} == {
        str(early.id): (logging.WARNING, True),
        str(late.id): (logging.ERROR, True),
        str(over.id): (logging.ERROR, False),
    }
    assert "authorities" in lines[str(over.id)].__dict__["which"]
    assert "BEGIN" not in str([line.__dict__ for line in lines.values()])
