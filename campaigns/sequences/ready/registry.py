"""All ready plans, by their keys."""

from collections.abc import Mapping
from types import MappingProxyType

from campaigns.sequences.ready.checks import CERVICAL, HEALTH_CHECK
from campaigns.sequences.ready.definitions import ReadyPlan
from campaigns.sequences.ready.long_term import ASTHMA, COPD, DIABETES, HYPERTENSION
from campaigns.sequences.ready.vaccinations import COVID, FLU

PLANS: Mapping[str, ReadyPlan] = MappingProxyType(
    {plan.key: plan for plan in (FLU, COVID, ASTHMA, COPD, DIABETES, HYPERTENSION, HEALTH_CHECK, CERVICAL)}
)
"""Every ready plan, in the order in which staff read them."""
