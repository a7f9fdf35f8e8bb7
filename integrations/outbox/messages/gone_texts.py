"""Messages that went before the database was restored to a time when they had not (restoring#what-went).

What the provider lists and no message has the id of is stored. A message with the same words, to the same phone, and
with the same link where it has one, is the same: it takes that text's id. Links are the same for the same patient of
the same list, though their invitation was made anew.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from integrations.links import LINK, NoSuchKey, digest, token_for
from integrations.messaging.channels import Channel
from integrations.messaging.port import ListedText
from integrations.models.gone_texts import GoneText
from integrations.models.outbox import Message
from integrations.models.states import MessageState
from integrations.outbox.messages import hooks as message_hooks
from integrations.outbox.messages import writing
from practices.models import Practice

OPEN_FOR = timedelta(days=3)
"""For so long after a text was seen, a message that is written again may be it. Later the same words are a new text."""

AT_A_TIME = 500

_LINK = re.compile(r"https?://\S+/i/([A-Za-z0-9_-]{22})")
_MAY_HAVE_GONE = [MessageState.DUE, MessageState.UNKNOWN, MessageState.IN_APP]


def fold(text: str) -> str:
    """Letters and digits alone: providers may trim a text, or put plain marks for typographic ones."""
    return "".join(sign for sign in unicodedata.normalize("NFKD", text).casefold() if sign.isalnum())


def note(practice: Practice, provider: str, texts: Sequence[ListedText]) -> int:
    """Store those texts of the provider's list that no message has the id of; how many are new."""
    ids = [text.provider_id for text in texts]
    known = set(Message.objects.filter(provider_id__any_of=ids).values_list("provider_id", flat=True))
    known |= set(GoneText.objects.filter(provider_id__any_of=ids).values_list("provider_id", flat=True))
    rows = [_row(practice, provider, text) for text in texts if text.provider_id not in known]
    GoneText.objects.bulk_create(rows, ignore_conflicts=True, batch_size=1000)
    return len(rows)


def _row(practice: Practice, provider: str, text: ListedText) -> GoneText:
    link = _LINK.search(text.body)
    return GoneText(
        practice=practice,
        provider=provider,
        provider_id=text.provider_id,
        to=text.number[:16],
        words=fold(_LINK.sub("", text.body)),
        link=digest(link[1]) if link else b"",
        sent_at=text.created,
    )


def match_waiting(practice: Practice) -> int:
    """Mark every message as gone that is waiting, or in doubt, and has gone by one of the stored texts; how many."""
    waiting = Message.objects.filter(practice=practice, state__in=_MAY_HAVE_GONE)
    open_to = GoneText.objects.filter(practice=practice, message_id=None, to=OuterRef("to"))
    ids = list(waiting.filter(Exists(open_to)).order_by("id").values_list("id", flat=True))
    count = 0
    for start in range(0, len(ids), AT_A_TIME):
        with transaction.atomic():
            rows = list(waiting.filter(id__in=ids[start : start + AT_A_TIME]).order_by("id").select_for_update())
            count += len(match(practice, rows))
    return count


def match(practice: Practice, rows: Sequence[Message]) -> set[UUID]:
    """Mark those of some locked messages as gone that have; their ids. In the caller's transaction."""
    by_number: defaultdict[str, list[GoneText]] = defaultdict(list)
    for text in _open(practice, {row.to for row in rows}):
        by_number[text.to].append(text)
    pairs: list[tuple[Message, GoneText]] = []
    for row in rows:
        candidates = by_number.get(row.to, [])
        same = next((text for text in candidates if _is_it(row, text)), None)
        if same is not None:
            candidates.remove(same)
            pairs.append((row, same))
    _mark(practice, pairs)
    return {row.id for row, _ in pairs}


@transaction.atomic
def match_about(practice: Practice, message: Message, phrase: str) -> bool:
    """Mark a stored message as gone where a text with this phrase, and its link, went to its phone; whether it did.

    For what is written anew with other details than before, such as a confirmation without the room.
    """
    row = Message.objects.select_for_update().filter(id=message.id, state=MessageState.DUE).first()
    if row is None:
        return False
    for text in _open(practice, [row.to]):
        if fold(phrase) in text.words and (not text.link or LINK not in row.body or _has_its_link(row, text)):
            _mark(practice, [(row, text)])
            return True
    return False


def left(practice: Practice) -> int:
    """How many of the stored texts belong to no message: of lists, perhaps, that were uploaded after the dump."""
    return GoneText.objects.filter(practice=practice, message_id=None).count()


def _open(practice: Practice, numbers: Collection[str]) -> Iterable[GoneText]:
    since = timezone.now() - OPEN_FOR
    texts = GoneText.objects.filter(practice=practice, message_id=None, to__in=numbers, seen_at__gt=since)
    return texts.order_by("sent_at", "id").select_for_update()


def _is_it(row: Message, text: GoneText) -> bool:
    return fold(row.body.replace(LINK, "")) == text.words and _has_its_link(row, text)


def _has_its_link(row: Message, text: GoneText) -> bool:
    if LINK not in row.body:
        return not text.link
    try:
        return digest(token_for(row.subject_id, key_number=row.link_key)) == bytes(text.link)
    except NoSuchKey:
        return False


def _mark(practice: Practice, pairs: Sequence[tuple[Message, GoneText]]) -> None:
    """They are with the provider, who is asked what became of each as of any text."""
    if not pairs:
        return
    now = timezone.now()
    message_hooks.tell_of_departure(practice, [row for row, _ in pairs])
    for row, text in pairs:
        _mark_row(row, text, now)
        text.message_id = row.id
    GoneText.objects.bulk_update([text for _, text in pairs], ["message_id"])


def _mark_row(row: Message, text: GoneText, now: datetime) -> None:
    this = Message.objects.filter(id=row.id)
    if row.state == MessageState.IN_APP:
        writing.advance(this, MessageState.DUE, app_over=now)
    writing.advance(
        this,
        MessageState.ACCEPTED,
        provider_id=text.provider_id,
        provider=text.provider,
        way=Channel.TEXT,
        together=None,
        sent_at=text.sent_at,
        started_at=row.started_at or text.sent_at,
        due_at=now,
        error_code="",
        reason="",
    )
