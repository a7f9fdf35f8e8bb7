"""A practice whose messages go into the NHS App first, in a storm, and what its books must say in the end."""

from collections import Counter
from typing import Any

from campaigns.models import Campaign
from integrations.links import link_for
from integrations.messaging.channels import Channel
from integrations.models import Routing
from integrations.models.outbox import Message
from integrations.models.states import MessageState
from integrations.sandbox.server import SandboxServer
from practices.models import Practice
from tests.connected import connect_notify
from tests.resilience.storm.books import texts_by_link
from tests.resilience.storm.storm import connected_practice

POST_TROUBLE: list[dict[str, Any]] = [
    {"kind": "timeout_before", "share": 0.1},
    {"kind": "timeout_after", "share": 0.2},
    {"kind": "status", "status": 503, "share": 0.1},
    {"kind": "status", "status": 429, "share": 0.1},
]
NEWS_TROUBLE: list[dict[str, Any]] = [
    {"kind": "missing", "share": 0.2},
    {"kind": "duplicate", "share": 0.3, "code": "3"},
    {"kind": "reorder", "share": 0.2},
    {"kind": "wrong_signature", "share": 0.1},
]


def app_practice(sandbox: SandboxServer) -> Practice:
    """It texts after an hour those who have not read the message."""
    practice = connected_practice(sandbox)
    connect_app(sandbox, practice)
    return practice


def connect_app(sandbox: SandboxServer, practice: Practice) -> None:
    """Let a practice's messages go into the app first, by an account of its own."""
    app_first = {"channel": Routing.APP_THEN_OURS, "text_after_hours": 1}
    connect_notify(sandbox, practice, step_seconds=0.05, called_back=True, **app_first)


def give_the_app(sandbox: SandboxServer, campaign: Campaign) -> None:
    """To two in three of its patients; half of them with its notifications, and the others are texted at once."""
    assert campaign.patient_list is not None
    ods = campaign.practice.ods_code
    rows = list(campaign.patient_list.recipients.order_by("row_number"))
    known = [
        {
            "ods": ods,
            "nhs_number": recipient.nhs_number,
            "given": "A",
            "family": "B",
            "dob": "1958-03-09",
            "mobile": recipient.mobile,
        }
        for recipient in rows
    ]
    users = [
        {"ods": ods, "nhs_number": recipient.nhs_number, "notifications": place % 3 == 0}
        for place, recipient in enumerate(rows)
        if place % 3 < 2
    ]
    sandbox.control("seed", {"patients": known, "app_users": users})


def break_out(sandbox: SandboxServer) -> None:
    """NHS Notify's share of the weather."""
    for target, faults in {"notify.batch": POST_TROUBLE, "notify.callback": NEWS_TROUBLE}.items():
        for fault in faults:
            sandbox.fault(target, **{"times": None, **fault})


def in_the_app(sandbox: SandboxServer, campaign: Campaign) -> list[str]:
    """Notify's ids of the messages that lie in somebody's app, with their patient notified."""
    notices = sandbox.control(f"books?part=notices&ods={campaign.practice.ods_code}")["notices"]
    there = ("sending", "delivered")
    return [
        notice["id"]
        for notice in notices
        if any(channel["type"] == "nhsapp" and channel["channelStatus"] in there for channel in notice["channels"])
    ]


def read_some(sandbox: SandboxServer, campaign: Campaign) -> int:
    """Every other patient who has the message in the app opens it; how many did."""
    return sum(
        sandbox.control("app-read", {"id": message_id})["read"] for message_id in in_the_app(sandbox, campaign)[::2]
    )


def check_books(sandbox: SandboxServer, campaign: Campaign) -> Counter[str]:
    """Nobody has two messages in the app, or two texts, and each has one of them that counts; how they were reached."""
    notices = sandbox.control(f"books?part=notices&ods={campaign.practice.ods_code}")["notices"]
    rows = list(Message.objects.filter(campaign_id=campaign.id))
    assert Counter(notice["reference"] for notice in notices) == Counter(str(row.id) for row in rows)
    texts = texts_by_link(sandbox, [campaign])
    reached: Counter[str] = Counter()
    for row in rows:
        sent = texts.get(link_for(row.subject_id, key_number=row.link_key), [])
        was_read = row.state == MessageState.DELIVERED and row.reached_by == "nhsapp"
        assert len(sent) == (0 if was_read else 1), (row.state, row.way, row.reached_by, len(sent))
        assert was_read or (row.way, row.provider_id) == (Channel.TEXT, sent[0]["sid"])
        reached["app" if was_read else "text"] += 1
    return reached
