"""What the database itself refuses about codes and practices, whoever writes the row. See `campaigns.codes`.

A foreign key asks for one value, and a code may be the practice's own or everybody's: so these are triggers.
"""

import pgtrigger

_NOT_THEIRS = """
    IF EXISTS (
        SELECT FROM campaigns_snomedcode AS code
        WHERE code.id IN (NEW.invitation_code_id, NEW.decline_code_id)
            AND code.practice_id IS NOT NULL AND code.practice_id IS DISTINCT FROM NEW.practice_id
    ) THEN
        RAISE EXCEPTION 'code_of_its_practice: a code of another practice' USING ERRCODE = 'check_violation';
    END IF;
"""
_NOT_USABLE = """
    IF TG_OP = 'UPDATE' AND NEW.state = 'scheduled' AND EXISTS (
        SELECT FROM campaigns_snomedcode AS code
        WHERE code.id IN (NEW.invitation_code_id, NEW.decline_code_id)
            AND (code.approved_at IS NULL OR NOT code.active)
        UNION ALL
        SELECT FROM campaigns_invitationcode AS planned JOIN campaigns_snomedcode AS code ON code.id = planned.code_id
        WHERE planned.campaign_id = NEW.id AND (code.approved_at IS NULL OR NOT code.active)
    ) THEN
        RAISE EXCEPTION 'code_approved_when_sent: a code that nobody answers for' USING ERRCODE = 'check_violation';
    END IF;
"""

_NOT_THEIRS_PLANNED = """
    IF EXISTS (
        SELECT FROM campaigns_snomedcode AS code JOIN campaigns_campaign AS batch ON batch.id = NEW.campaign_id
        WHERE code.id = NEW.code_id AND (
            code.kind <> 'invitation'
            OR code.practice_id IS NOT NULL AND code.practice_id IS DISTINCT FROM batch.practice_id
        )
    ) THEN
        RAISE EXCEPTION 'code_of_its_practice: no code for an invitation of this practice'
            USING ERRCODE = 'check_violation';
    END IF;
"""


_CODES = ("practice_id", "invitation_code_id", "decline_code_id")


def batch_codes() -> pgtrigger.Trigger:
    """A batch has its own practice's codes or everybody's, and is sent only with approved ones."""
    return pgtrigger.Trigger(
        name="code_of_its_practice",
        when=pgtrigger.Before,
        operation=pgtrigger.Insert | pgtrigger.UpdateOf(*_CODES, "state"),  # type: ignore[no-untyped-call] # has no types
        func=f"{_NOT_THEIRS}{_NOT_USABLE} RETURN NEW;",
    )


def planned_codes() -> pgtrigger.Trigger:
    """An invitation of a plan has codes for invitations: its own practice's or everybody's."""
    return pgtrigger.Trigger(
        name="code_of_its_practice",
        when=pgtrigger.Before,
        operation=pgtrigger.Insert | pgtrigger.Update,
        func=f"{_NOT_THEIRS_PLANNED} RETURN NEW;",
    )


def template_codes() -> pgtrigger.Trigger:
    """A template suggests its own practice's codes or everybody's; a shared one suggests only everybody's."""
    return pgtrigger.Trigger(
        name="code_of_its_practice",
        when=pgtrigger.Before,
        operation=pgtrigger.Insert | pgtrigger.UpdateOf(*_CODES),  # type: ignore[no-untyped-call] # has no types
        func=f"{_NOT_THEIRS} RETURN NEW;",
    )


def whose() -> pgtrigger.Trigger:
    """A code stays its practice's, and the code of one concept: batches refer to it as that."""
    return pgtrigger.ReadOnly(name="whose_it_is", fields=["id", "concept_id", "practice"])
