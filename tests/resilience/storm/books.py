"""Comparing our rows with the provider's books, text by text."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from campaigns.models import Campaign
from integrations.links import link_for
from integrations.models.outbox import CodedEntry, Message
from integrations.models.states import CodeState, MessageState
from integrations.sandbox.server import SandboxServer

_ENDS = {"delivered": MessageState.DELIVERED, "sent": MessageState.NO_NEWS, "undelivered": MessageState.FAILED}
UNSETTLED = [MessageState.DUE, MessageState.STARTED, MessageState.UNKNOWN]


def texts_by_link(sandbox: SandboxServer, campaigns: Sequence[Campaign]) -> dict[str, list[dict[str, Any]]]:
    """What the provider took from the batches' practices, by the personal link in it."""
    accounts = {campaign.practice.channel_connection.account_sid for campaign in campaigns}
    texts: dict[str, list[dict[str, Any]]] = {}
    for text in sandbox.control("books?part=texts")["texts"]:
        if text["account"] not in accounts:
            continue
        texts.setdefault(str(text["body"]).rsplit(" ", 1)[1], []).append(text)
    return texts


def times_texted(sandbox: SandboxServer, campaigns: Sequence[Campaign]) -> Counter[int]:
    """How many patients were texted how often."""
    texts = texts_by_link(sandbox, campaigns)
    rows = Message.objects.filter(campaign_id__in=[campaign.id for campaign in campaigns])
    return Counter(len(texts.get(link_for(row.subject_id, key_number=row.link_key), [])) for row in rows)


def are_at_rest(sandbox: SandboxServer, campaigns: Sequence[Campaign]) -> bool:
    """Whether no text is on its way with the provider: each has its end, or will stay as "sent"."""
    texts = texts_by_link(sandbox, campaigns).values()
    return not {text["status"] for those in texts for text in those} & {"accepted", "queued", "sending"}


def check_each_texted_once(sandbox: SandboxServer, campaigns: Sequence[Campaign]) -> None:
    """Every patient has exactly one text, and our row about it says what the provider says."""
    texts = texts_by_link(sandbox, campaigns)
    rows = list(Message.objects.filter(campaign_id__in=[campaign.id for campaign in campaigns]))
    patients = sum(campaign.patient_list.row_count for campaign in campaigns if campaign.patient_list)
    assert len(rows) == patients
    assert times_texted(sandbox, campaigns) == {1: patients}
    assert sum(map(len, texts.values())) == patients
    wrong = []
    for row in rows:
        [text] = texts[link_for(row.subject_id, key_number=row.link_key)]
        if (row.provider_id, row.to, row.state) != (text["sid"], text["recipient"], _end_of(text["status"])):
            wrong.append((row.id, row.state, text["status"]))
    assert wrong == []


def _end_of(status: str) -> MessageState:
    """How a row ends whose text ended so with the provider."""
    return _ENDS.get(status, MessageState.ACCEPTED)


def check_codes(campaigns: Sequence[Campaign]) -> None:
    """No code waits any more: each may be filed because its text left, when it did, or is withdrawn because not."""
    for code in CodedEntry.objects.filter(campaign_id__in=[c.id for c in campaigns]).select_related("after_message"):
        message = code.after_message
        assert message is not None
        if message.state == MessageState.FAILED:
            # Whether news of "sent" came before that of the failure is chance: then the text was sent.
            assert code.state in (CodeState.DUE, CodeState.WITHDRAWN)
        else:
            assert code.state == CodeState.DUE
        if code.state == CodeState.DUE:
            assert code.happened_at == message.sent_at
