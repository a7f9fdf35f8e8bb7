"""What a table says of an error."""

import pytest

from core.errors import reason_for


class Lost(LookupError):
    pass


def test_an_error_gets_the_reason_of_its_class_or_of_the_nearest_above() -> None:
    reasons: dict[type[Exception], str] = {Exception: "anything", LookupError: "not there", KeyError: "no such key"}
    assert reason_for(KeyError(), reasons) == "no such key"
    assert reason_for(Lost(), reasons) == "not there"
    assert reason_for(ValueError(), reasons) == "anything"


def test_an_error_of_another_kind_has_no_reason() -> None:
    reasons: dict[type[Exception], str] = {LookupError: "not there"}
    with pytest.raises(KeyError):
        reason_for(ValueError(), reasons)
