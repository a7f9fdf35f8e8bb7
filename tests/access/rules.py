"""Who may do what at each address, written down a second time: the walk holds the service to this.

It is written by hand and on purpose not derived from practices/roles.py. An address that is not here fails the walk.
"""

from dataclasses import dataclass
from typing import Literal

Least = Literal["viewer", "sender", "manager", "anybody", "-"]
"""The least role that a method takes; "anybody" of the practice; "-" where there is no such method."""


@dataclass(frozen=True, slots=True)
class Rule:
    """The least role that may GET an address, and that may POST to it. `sample` is the state of the batch it is of."""

    get: Least
    post: Least = "-"
    sample: Literal["draft", "sent"] = "sent"


STAFF: dict[str, Rule] = {
    "campaigns:home": Rule("viewer"),
    "campaigns:templates": Rule("viewer"),
    "campaigns:template": Rule("viewer", "sender"),
    "campaigns:template-new": Rule("sender", "sender"),
    "campaigns:template-preview": Rule("-", "sender"),
    "campaigns:template-archive": Rule("sender", "sender"),
    "campaigns:template-restore": Rule("-", "sender"),
    "campaigns:code-list": Rule("viewer"),
    "campaigns:code": Rule("viewer", "manager"),
    "campaigns:code-ask": Rule("sender", "sender"),
    "campaigns:code-turn-down": Rule("-", "sender"),
    "campaigns:new": Rule("sender", "sender"),
    "campaigns:resume": Rule("viewer"),
    "campaigns:slot-type": Rule("sender", "sender", "draft"),
    "campaigns:message": Rule("sender", "sender", "draft"),
    "campaigns:message-preview": Rule("-", "sender", "draft"),
    "campaigns:decline": Rule("sender", "sender", "draft"),
    "campaigns:upload": Rule("sender", "sender", "draft"),
    "campaigns:guide": Rule("sender", "-", "draft"),
    "campaigns:patients": Rule("sender", "sender", "draft"),
    "campaigns:include": Rule("-", "sender", "draft"),
    "campaigns:patient-rows": Rule("sender", "-", "draft"),
    "campaigns:search": Rule("-", "sender", "draft"),
    "campaigns:summary": Rule("sender", "sender", "draft"),
    "campaigns:limits": Rule("sender", "sender", "draft"),
    "campaigns:approval": Rule("viewer", "sender"),
    "campaigns:send-back": Rule("-", "sender"),
    "campaigns:take-back": Rule("-", "sender"),
    "campaigns:reminders": Rule("sender", "sender", "draft"),
    "campaigns:when": Rule("sender", "sender", "draft"),
    "campaigns:delete": Rule("sender", "sender", "draft"),
    "campaigns:progress": Rule("viewer"),
    "campaigns:undo": Rule("-", "sender"),
    "campaigns:pause": Rule("-", "sender"),
    "campaigns:go-on": Rule("-", "sender"),
    "campaigns:cancel": Rule("sender", "sender"),
    "campaigns:remind": Rule("sender", "sender"),
    "campaigns:duplicate": Rule("-", "sender"),
    "campaigns:follow-up": Rule("viewer"),
    "campaigns:to-do": Rule("viewer"),
    "campaigns:all-done": Rule("viewer"),
    "campaigns:put-back": Rule("-", "sender"),
    "campaigns:done": Rule("-", "sender"),
    "campaigns:list-done": Rule("-", "sender"),
    "campaigns:follow-up-csv": Rule("sender"),
    "campaigns:codes": Rule("viewer", "sender"),
    "campaigns:codes-all": Rule("sender", "sender"),
    "campaigns:codes-csv": Rule("sender"),
    "campaigns:cannot-be-sent": Rule("sender"),
    "patients:opt-outs": Rule("viewer", "viewer"),
    "patients:opt-out-add": Rule("sender", "sender"),
    "patients:opt-out-remove": Rule("sender", "sender"),
    "patients:sample": Rule("viewer"),
    "staff:recipients": Rule("viewer"),
    "staff:recipients-search": Rule("-", "viewer"),
    "staff:download-all": Rule("sender"),
    "staff:download-not-responded": Rule("sender"),
    "staff:download-to-phone": Rule("sender"),
    "staff:find": Rule("viewer", "viewer"),
    "staff:patient": Rule("viewer"),
    "staff:unlock": Rule("sender", "sender"),
    "staff:send-again": Rule("sender", "sender"),
    "staff:renew": Rule("sender", "sender"),
    "staff:end": Rule("sender", "sender"),
    "staff:link": Rule("-", "sender"),
    "staff:book": Rule("sender", "sender"),
    "staff:book-check": Rule("sender", "sender"),
    "staff:move": Rule("sender", "sender"),
    "staff:move-check": Rule("sender", "sender"),
    "staff:cancel": Rule("sender", "sender"),
    "staff:decline": Rule("sender", "sender"),
    "staff:reverse-decline": Rule("sender", "sender"),
    "staff:settle": Rule("sender", "sender"),
    "staff:cancelled-by-hand": Rule("sender", "sender"),
    "audit:events": Rule("manager", "manager"),
    "audit:csv": Rule("manager"),
    "practices:staff": Rule("manager"),
    "practices:invite": Rule("manager", "manager"),
    "practices:withdraw": Rule("-", "manager"),
    "practices:role": Rule("manager", "manager"),
    "practices:remove": Rule("manager", "manager"),
    "practices:end-sessions": Rule("-", "manager"),
    "practices:appointment-reminders": Rule("manager", "manager"),
    "practices:switch": Rule("-", "anybody"),
}
"""The pages of a practice."""

OPEN = {
    "health",
    "booking:follow",
    "booking:choose",
    "booking:date_of_birth",
    "booking:times",
    "booking:check",
    "booking:done",
    "booking:decline",
    "booking:declined",
    "booking:tell_me",
    "booking:calendar",
    "booking:cancel",
    "booking:move",
    "booking:move_check",
    "booking:stop",
    "booking:new_link",
    "webhooks:incoming",
    "webhooks:notify",
    "webhooks:twilio",
    "account_login",
    "account_logout",
    "account_inactive",
    "account_signup",
    "account_reset_password",
    "account_reset_password_done",
    "account_reset_password_from_key",
    "account_reset_password_from_key_done",
    "mfa_authenticate",
    "openid_connect_login",
    "openid_connect_callback",
    "practices:join",
    "practices:joining",
}
"""What is for people who are not logged in. Each of these guards itself: by a link's token, a signature, or a limit."""

SIGNED_IN = {
    "account_reauthenticate",
    "account_change_password",
    "practices:account",
    "mfa_index",
    "mfa_reauthenticate",
    "mfa_activate_totp",
    "mfa_deactivate_totp",
    "mfa_view_recovery_codes",
    "mfa_generate_recovery_codes",
    "mfa_list_webauthn",
    "mfa_add_webauthn",
    "mfa_reauthenticate_webauthn",
    "mfa_remove_webauthn",
}
"""What everybody with a log-in has, whether they work in a practice or not."""
