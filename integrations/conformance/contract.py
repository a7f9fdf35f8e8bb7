"""Every rule of the contract in the order in which they are tried: what one learns, the next ones use."""

from integrations.conformance import reading, writing
from integrations.conformance.rules import Rule

VERSION = "1.1"
"""Of the contract that the rules are from (record-gateway#versions)."""

RULES: tuple[Rule, ...] = (
    Rule("https", "Is called over HTTPS", "contract", reading.https),
    Rule("health", "Says that it is well", "contract", reading.health),
    Rule("token-missing", "Lets nobody in without a token", "refusals", reading.without_token),
    Rule("token-wrong", "Lets nobody in with another token", "refusals", reading.wrong_token),
    Rule("capabilities", "Says what it can do", "capabilities", reading.capabilities),
    Rule("patient", "Answers about the patient who was asked for", "contract", reading.patient),
    Rule("date-of-birth", "Gives the whole date of birth", "contract", reading.date_of_birth),
    Rule("patient-unknown", "Does not find a patient who is not there", "refusals", reading.unknown_patient),
    Rule("number-bad", "Refuses what is no NHS number", "refusals", reading.bad_number),
    Rule("entries-none", "Has no entries for a key that it does not know", "read-back", reading.no_entry),
    Rule("entries-unknown", "Does not find the entries of no record", "refusals", reading.entries_of_unknown),
    Rule("test-patient", "Is written to for the named test patient alone", "trying-a-gateway", writing.named_patient),
    Rule("file", "Files an entry (201), or takes it (202)", "contract", writing.file),
    Rule("file-repeat", "Answers the same key the same", "contract", writing.repeat),
    Rule("file-other-body", "Refuses a key with another body", "contract", writing.other_body),
    Rule("read-back", "Has in the record what it filed", "read-back", writing.read_back),
    Rule("file-once", "Files once for a key", "contract", writing.once),
    Rule("file-without-key", "Refuses a filing without a key", "contract", writing.without_key),
    Rule("concept-bad", "Refuses what is no concept", "refusals", writing.no_concept),
    Rule("concept-unknown", "Refuses a concept that there is not", "refusals", writing.unknown_concept),
    Rule("date-bad", "Refuses a date that there is not", "refusals", writing.no_date),
    Rule("body-bad", "Refuses a body that is no JSON object", "refusals", writing.no_json),
    Rule("file-token-wrong", "Lets nobody file with another token", "refusals", writing.not_let_in),
    Rule("file-unknown", "Files nothing in no record", "refusals", writing.unknown_record),
    Rule("description", "Takes description ids if it says so", "capabilities", writing.description),
    Rule("answers-json", "Answers in JSON", "contract", reading.json_alone),
    Rule("answers-no-store", "Lets nobody keep its answers", "contract", reading.no_store),
    Rule("errors-form", "Has code, message and retry_after in each error", "refusals", reading.error_form),
    Rule("errors-silent", "Says nothing of a patient in an error", "refusals", reading.errors_say_nothing),
)
