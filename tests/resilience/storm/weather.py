"""What goes wrong in the storm, as faults of the stand-ins: in shares of the requests."""

from typing import Any

from integrations.sandbox.server import SandboxServer


def create_trouble(give_up: float, burst: int = 40) -> list[dict[str, Any]]:
    """What happens to texts: `give_up` is when our side stops waiting, in real seconds.

    Ten in a hundred get no answer although they were taken, half of them by a wait that is too long and half by a
    connection that is cut; five in a hundred get none and were not taken; five in a hundred meet an error, of which
    two were taken all the same. On top come bursts of "too many requests", of so many requests, and oddities. The last
    few texts of a small batch would need an hour to try through a long one.
    """
    too_long = give_up * 1.5
    return [
        {"kind": "status", "status": 429, "share": 0.002, "burst": burst},
        {"kind": "timeout_before", "share": 0.025, "seconds": too_long},
        {"kind": "timeout_before", "share": 0.025},
        {"kind": "status", "status": 503, "share": 0.03},
        {"kind": "timeout_after", "share": 0.05, "seconds": too_long},
        {"kind": "timeout_after", "share": 0.05},
        {"kind": "status_after", "status": 500, "share": 0.02},
        {"kind": "no_sid", "share": 0.01},
        {"kind": "callback_first", "share": 0.03},
    ]


LIST_TROUBLE = [
    {"kind": "lag", "share": 0.3, "seconds": 5},
    {"kind": "timeout_before", "share": 0.05},
    {"kind": "status", "status": 503, "share": 0.05},
]
FETCH_TROUBLE = [{"kind": "timeout_before", "share": 0.05}, {"kind": "status", "status": 429, "share": 0.05}]
# Half of the news that counts is lost, and most of the early news; the other is doubled, shuffled or late.
NEWS_TROUBLE: list[dict[str, Any]] = [
    {"kind": "missing", "share": 0.95, "match": {"MessageStatus": "queued"}},
    {"kind": "missing", "share": 0.85, "match": {"MessageStatus": "sent"}},
    {"kind": "missing", "share": 0.5, "match": {"MessageStatus": "delivered"}},
    {"kind": "duplicate", "share": 0.07, "code": "3"},
    {"kind": "reorder", "share": 0.15},
    {"kind": "delay", "share": 0.15, "seconds": 0.5},
]
ENDS = [{"kind": "undelivered", "share": 0.03, "code": "30005"}, {"kind": "no_news", "share": 0.02}]


def break_out(sandbox: SandboxServer, give_up: float, burst: int = 40) -> None:
    """Let it all begin. `give_up` is when our side stops waiting for an answer, in real seconds."""
    everything = {
        "twilio.create": create_trouble(give_up, burst),
        "twilio.list": LIST_TROUBLE,
        "twilio.fetch": FETCH_TROUBLE,
        "twilio.callback": NEWS_TROUBLE,
        "twilio.delivery": ENDS,
    }
    for target, faults in everything.items():
        for fault in faults:
            sandbox.fault(target, **{"times": None, **fault})
