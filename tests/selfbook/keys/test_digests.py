"""Nothing starts while opt-outs of erased numbers need a key that is missing: they would not be seen."""

import pytest
from pytest_django.fixtures import Settings

from patients.models import ErasedOptOut, OptOut, OptOutSource
from patients.opt_outs import digests
from patients.opt_outs import services as opt_outs
from selfbook.keys import checks
from tests.factories import make_practice

pytestmark = pytest.mark.django_db


def test_a_missing_key_is_named_with_its_count(settings: Settings) -> None:
    settings.DIGEST_KEYS = ["a" * 32]
    practice = make_practice()
    opt_outs.add(practice=practice, by=None, source=OptOutSource.PATIENT, nhs_number="9990000018")
    digests.to_digests(practice, OptOut.objects.all())
    name = ErasedOptOut.objects.get().key_name
    assert [problem.id for problem in checks._digests()] == []
    settings.DIGEST_KEYS = ["b" * 32]
    (problem,) = checks._digests()
    assert problem.id == "selfbook.E004"
    assert f"1 opt-outs of erased numbers were made with a key that is missing, whose name is {name}" in problem.msg
    settings.DIGEST_KEYS = ["b" * 32, "a" * 32]
    assert list(checks._digests()) == []
