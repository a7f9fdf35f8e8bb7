"""Booking: pages, confirmations, and bookings from link to book, beside a site as it is usually begun.

All of it goes through the web server of `docker-compose.yml`, granian with two processes of eight threads, to one
PostgreSQL, which waits for its disk. A process of browsers asks. Those who are compared take turns.
"""

from collections.abc import Mapping
from contextlib import ExitStack
from statistics import median

from bench.booking import ceiling as booking_ceiling
from bench.booking import weight as booking_weight
from bench.booking.client import Answers
from bench.booking.contest import CONFIRM, PAGES, USUAL_BOOKING, USUAL_PAGE, Contest, Effort
from bench.booking.naive import usual_site
from bench.booking.server import Server
from bench.booking.site import Site, percentile
from bench.sending.wire import wire
from bench.timing import Measured, promise, ratio
from integrations.sandbox.server import SandboxServer

_ON_FILE = 1_000
_PATIENTS_AT_ONCE = 50
_DAYS, _TIMES_A_DAY = 28, 6
"""About forty times on a page, which shows a week."""

_CEILING_SECONDS, _CEILING_CLIENTS = 5, 8


def run(*, quick: bool) -> bool:
    """Measure, print, and say whether every promise was kept."""
    rounds, requests, patients, many = (3, 200, 50, 10_000) if quick else (7, 600, 150, 100_000)
    rooms = -(-(rounds + 1) * (requests // 4 + patients) // (_DAYS * _TIMES_A_DAY)) + 1
    with ExitStack() as stack:
        sandbox, texts = stack.enter_context(SandboxServer()), stack.enter_context(wire())
        few = Site("bench_few", _ON_FILE, sandbox, texts.url(0), "A99996")
        lots = Site("bench_many", many, sandbox, texts.url(0), "A99997")
        for site in (few, lots):
            with site.open():
                site.surgery.offer(days=_DAYS, times_a_day=_TIMES_A_DAY, rooms=rooms)
        server, other = stack.enter_context(few.serving()), stack.enter_context(lots.serving())
        results = _pages(few, server, requests, rounds)
        results += _journeys({few: server, lots: other}, patients, rounds)
    return all(results)


def _pages(site: Site, server: Server, requests: int, rounds: int) -> list[bool]:
    """One page or press at a time, beside the usual site's."""
    with usual_site() as usual:
        contest = Contest(site, server, usual, requests)
        with site.working():
            contest.prepare()
        weights = booking_weight.judge(server, contest.visitors)
        contest.round()
        contest.forget()
        for _ in range(rounds):
            contest.round()
    efforts = contest.efforts
    _show(f"Answers to browsers, {rounds} rounds in turns", efforts)
    usual_page, usual_booking, confirm = (efforts[name].time for name in (USUAL_PAGE, USUAL_BOOKING, CONFIRM))
    print()
    return [
        *weights,
        *(
            promise(
                f"{page}, times the usual page's requests/s",
                ratio(usual_page, efforts[page].time),
                at_least=1,
            )
            for page in PAGES
        ),
        promise("confirm, times the usual booking's requests/s", ratio(usual_booking, confirm), at_least=0.5),
    ]


def _show(title: str, efforts: Mapping[str, Effort]) -> None:
    print(f"\n{title}")
    for name, effort in efforts.items():
        speed, cost = 1_000_000 / effort.time.microseconds, effort.cost.microseconds / 1000
        print(f"  {name:<44} {speed:>8,.0f} requests/s  {cost:>6.2f} ms of the server's processors each")


def _journeys(sites: Mapping[Site, Server], patients: int, rounds: int) -> list[bool]:
    """Whole bookings, on a site with few invitations on file and on one with many."""
    seconds: dict[Site, list[float]] = {site: [] for site in sites}
    answers: list[Answers] = []
    with ExitStack() as stack:
        for site in sites:
            stack.enter_context(site.working())
        for number in range(rounds + 1):
            for site, server in sites.items():
                with site.open():
                    coming = site.surgery.invite(patients)
                took, walked = site.walk(server, coming, _PATIENTS_AT_ONCE)
                if number:  # the first round is to warm up
                    seconds[site].append(took)
                    answers.append(walked)
    few, many = (Measured(patients, tuple(took)) for took in seconds.values())
    return _judge(few, many, answers)


def _judge(few: Measured, many: Measured, answers: list[Answers]) -> list[bool]:
    ceiling = booking_ceiling.bookings_per_second(_CEILING_CLIENTS, _CEILING_SECONDS)
    each = [sample * 1000 for walked in answers for sample in walked["each"]]
    middle, slow = median(each), percentile(each, 99)
    speeds = [1_000_000 / sample.microseconds for sample in (few, many)]
    print(f"\nWhole bookings, {_PATIENTS_AT_ONCE} patients at once, from the link until the clinical system has it")
    print(f"  {speeds[0]:,.1f}/s with few invitations on file, {speeds[1]:,.1f}/s with many")
    print(f"  {ceiling:,.0f}/s by pgbench: the two writes and nothing else, {_CEILING_CLIENTS} clients")
    print(
        f"  an answer takes {middle:.0f} ms in the middle, {percentile(each, 95):.0f} ms at p95, {slow:.0f} ms at p99\n"
    )
    return [
        promise("whole bookings/s with many on file, times those with few", ratio(few, many), at_least=0.9),
        promise("p99 of an answer, times p50", slow / middle, at_most=10),
    ]
