"""A hundred and twenty texts in a storm: each patient gets exactly one, and every row tells the truth about it."""

import pytest

from integrations.messaging.twilio.channel import TwilioChannel
from integrations.sandbox.server import SandboxServer
from tests.resilience.storm.batch import make_outbox
from tests.resilience.storm.books import times_texted
from tests.resilience.storm.clock import FastClock
from tests.resilience.storm.crew import Crew
from tests.resilience.storm.storm import GIVE_UP, calmly, connected_practice, ride_out
from tests.resilience.storm.weather import break_out
from tests.waiting import wait_until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(900)]


@pytest.mark.hazard("H-10.1")
@pytest.mark.usefixtures("called_back")
def test_every_patient_has_exactly_one_text(sandbox: SandboxServer, clock: FastClock) -> None:
    ride_out(sandbox, clock, [90, 30], seconds=300)


@pytest.mark.hazard("H-10.1", guard_off=True)
def test_the_storm_would_double_texts_if_nobody_looked_first(
    sandbox: SandboxServer, clock: FastClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The proof that the storm is one: with "not there" for an answer to every look-up, patients get two texts."""
    monkeypatch.setattr(TwilioChannel, "look_up", lambda *_: [])
    practice = connected_practice(sandbox)
    campaign = make_outbox(practice, 200)
    break_out(sandbox, GIVE_UP)

    def doubled() -> int:
        often = times_texted(sandbox, [campaign])
        return sum(patients for times, patients in often.items() if times > 1)

    with Crew([practice]).at_work():
        wait_until(calmly(lambda: doubled() >= 10), seconds=300)
