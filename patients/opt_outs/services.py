"""Who wants no texts from a practice: keeping it, screening lists by it, and stopping texts that are about to go.

An opt-out is of one patient (by NHS number) or of one phone (by mobile): whoever shares the phone is left out too
(contact#opted-out). Those of numbers that were erased are met by their digest (`patients.opt_outs.digests`).
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Count, Exists, OuterRef, QuerySet
from django.utils import timezone

from core.database import ask
from integrations.messaging.numbers import parse_mobile
from integrations.messaging.reply_words import StopWord
from integrations.models.outbox import Message
from patients.lists.screening import Screen
from patients.models import ErasedOptOut, OptOut, OptOutQuerySet, OptOutSource, PatientList, Recipient
from patients.opt_outs import digests
from patients.reasons import Reason
from patients.values.nhs_numbers import parse_nhs_number
from practices.audit import trail as audit
from practices.journal import services as journal
from practices.journal.digests import MOBILE, NHS_NUMBER
from practices.models import JournalKind, Practice, User

STOPPED = "This patient, or somebody with this phone, has asked not to get texts from your practice."
"""Why a text did not go, for staff."""


def add(*, practice: Practice, by: User | None, source: OptOutSource, nhs_number: str = "", mobile: str = "") -> OptOut:
    """No more texts to this patient, or to this phone: one of the two, as people write it.

    An opt-out that holds already is returned as it is. Raises NotAnNhsNumber, NotAMobile, and ValueError unless
    exactly one of the two is given.
    """
    if bool(nhs_number.strip()) == bool(mobile.strip()):
        raise ValueError("an opt-out is of one patient or of one phone")
    if mobile.strip():
        of = {"mobile": parse_mobile(mobile, allow_test_numbers=settings.ALLOW_TEST_NUMBERS).e164}
    else:
        of = {"nhs_number": parse_nhs_number(nhs_number)}
    return _keep(practice, by, source, of)


@transaction.atomic
def _keep(practice: Practice, by: User | None, source: OptOutSource, of: Mapping[str, str], word: str = "") -> OptOut:
    """The live opt-out of `of` (one field and its value), made if there is none.

    The database keeps it to one: who comes second at the same moment waits for the first, and finds theirs.
    """
    ((kind, number),) = of.items()
    digests.revive(practice, kind, [number])
    live = OptOut.objects.live().filter(practice=practice, **of)
    while (opt_out := live.first()) is None:
        new = OptOut(practice=practice, source=source, word=word, created_by=by, **of)
        OptOut.objects.bulk_create([new], ignore_conflicts=True)
        if OptOut.objects.filter(id=new.id).exists():
            details: dict[str, Any] = {"source": source, "kind": kind} | ({"word": word} if word else {})
            audit.record("opt_out.added", practice=practice, actor=by, object_id=new.id, **details)
            how = {"id": str(new.id), "source": str(source), "word": str(word)}
            journal.record_number(practice, JournalKind.OPTED_OUT, kind, number, **how)
    return opt_out


@transaction.atomic
def end(*, opt_out: OptOut, by: User) -> None:
    """The patient may be texted again. Changes nothing when it has been ended already."""
    if OptOut.objects.live().filter(id=opt_out.id).update(ended_by=by, ended_at=timezone.now()):
        _record_end(opt_out, by)


def _record_end(opt_out: OptOut, by: User | None) -> None:
    audit.record("opt_out.ended", practice=opt_out.practice, actor=by, object_id=opt_out.id)
    kind = NHS_NUMBER if opt_out.nhs_number else MOBILE
    journal.record_number(opt_out.practice, JournalKind.OPT_OUT_ENDED, kind, getattr(opt_out, kind))


SAME_STOP = timedelta(hours=1)
"""The network may refuse our texts a moment before we get the STOP that it has heard."""


@transaction.atomic
def keep_stops(practice: Practice, mobiles: Collection[str], word: StopWord | None) -> None:
    """The owners of these phones (E.164) have texted a word for STOP; None: the network says so, and not the word."""
    source = OptOutSource.TEXT if word else OptOutSource.CHANNEL
    for mobile in sorted(mobiles):  # in one order, so that two workers cannot wait for each other
        opt_out = _keep(practice, None, source, {"mobile": mobile}, word or "")
        if word and opt_out.source == OptOutSource.CHANNEL and timezone.now() - opt_out.created_at < SAME_STOP:
            opt_out.source, opt_out.word = source, word
            opt_out.save(update_fields=["source", "word"])


_BY_THEMSELVES = (OptOutSource.CHANNEL, OptOutSource.TEXT, OptOutSource.PATIENT)


@transaction.atomic
def end_stops(practice: Practice, mobiles: Collection[str]) -> None:
    """The owners of these phones (E.164) want texts again.

    What they asked for themselves ends. What staff added stays, with its reasons: a shared phone may be in the wrong
    hands, and staff can end it.
    """
    digests.revive(practice, MOBILE, mobiles)
    own = OptOut.objects.live().filter(practice=practice, mobile__in=mobiles, source__in=_BY_THEMSELVES)
    for opt_out in own.select_for_update().order_by("mobile"):
        opt_out.ended_at = timezone.now()
        opt_out.save(update_fields=["ended_at"])
        _record_end(opt_out, None)


def live_of(practice: Practice) -> OptOutQuerySet:
    """The opt-outs that hold in a practice now."""
    return OptOut.objects.live().filter(practice=practice)


def holds_for_number(path: str) -> Exists:
    """Whether an opt-out with its number holds for the NHS number that a row has at this path, for its queryset."""
    return Exists(OptOut.objects.live().filter(practice=OuterRef("practice"), nhs_number=OuterRef(path)))


def has_digests(practice: Practice) -> Exists:
    """Whether a practice has opt-outs of NHS numbers that were erased, for any queryset."""
    return Exists(ErasedOptOut.objects.filter(practice=practice, kind=NHS_NUMBER))


_HOLDS = """
SELECT
  EXISTS (
    SELECT FROM patients_optout held WHERE held.practice_id = patient.practice_id AND held.ended_at IS NULL
      AND held.nhs_number <> '' AND held.nhs_number = patient.nhs_number
  ) OR EXISTS (
    SELECT FROM patients_optout held WHERE held.practice_id = patient.practice_id AND held.ended_at IS NULL
      AND held.mobile <> '' AND held.mobile = patient.mobile
  )
FROM patients_recipient patient WHERE patient.id = %s
"""


def stopped_phones(practice: Practice, mobiles: Collection[str]) -> frozenset[str]:
    """Those of some phones (E.164) that no texts of the practice go to now."""
    return digests.holding(practice, MOBILE, set(mobiles))


def stopped_patients(practice: Practice, nhs_numbers: Collection[str]) -> frozenset[str]:
    """Those of some NHS numbers whose patients get no texts of the practice now."""
    return digests.holding(practice, NHS_NUMBER, set(nhs_numbers))


def hold_for(recipient_id: UUID) -> bool:
    """Whether this patient gets no texts now, by NHS number or by phone: nobody may be promised one then."""
    ((held,),) = ask(_HOLDS, [recipient_id])
    return bool(held)


def sharing(practice: Practice, mobiles: Collection[str]) -> dict[str, int]:
    """How many of the practice's patients, by their lists, have each of these phones: all of them get no texts."""
    rows = Recipient.objects.filter(practice=practice, mobile__any_of=list(mobiles)).order_by()
    return dict(rows.values_list("mobile").annotate(patients=Count("nhs_number", distinct=True)))


def stop_texts(practice: Practice, texts: Sequence[Message]) -> dict[UUID, str]:
    """The texts to a phone that has opted out, with the reason: a gate of the outbox."""
    stopped = stopped_phones(practice, {text.to for text in texts})
    return {text.id: STOPPED for text in texts if text.to in stopped}


def _by_nhs_number(patient_list: PatientList) -> QuerySet[Recipient]:
    digests.revive_listed(patient_list, NHS_NUMBER)
    numbers = live_of(patient_list.practice).exclude(nhs_number="").values("nhs_number")
    return patient_list.recipients.filter(nhs_number__in=numbers)


def _by_mobile(patient_list: PatientList) -> QuerySet[Recipient]:
    digests.revive_listed(patient_list, MOBILE)
    mobiles = live_of(patient_list.practice).exclude(mobile="").values("mobile")
    return patient_list.recipients.filter(mobile__in=mobiles)


SCREENS = (Screen(Reason.OPTED_OUT, _by_nhs_number), Screen(Reason.OPTED_OUT, _by_mobile))
"""Rows of patients, and of phones, that have opted out."""
