"""The dashboard and the alerts ask for numbers that the product has, by labels and values that they have."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from booking.appointments import outcomes
from core import metrics
from integrations.messaging.port import FailureKind
from integrations.messaging.registry import provider_names
from selfbook import celery
from selfbook.monitoring import states, work

ROOT = Path(__file__).resolve().parents[3]
FOLDER = ROOT / "deploy" / "monitoring"
ALERTS: list[dict[str, Any]] = [
    rule for group in yaml.safe_load((FOLDER / "alerts.yml").read_text("utf-8"))["groups"] for rule in group["rules"]
]
PANELS: list[dict[str, Any]] = json.loads((FOLDER / "dashboard.json").read_text("utf-8"))["panels"]
EXPRESSIONS = [rule["expr"] for rule in ALERTS] + [
    target["expr"] for panel in PANELS for target in panel.get("targets", [])
]
GUIDE = (ROOT / "docs" / "monitoring.md").read_text("utf-8")

_METRIC = re.compile(r"\b(selfbook_\w+|up)\b(?:\{([^}]*)\})?")
_MATCHER = re.compile(r'(\w+)(=~|!~|!=|=)"([^"]*)"')
_BY = re.compile(r"\bby \(([^)]*)\)")

OUTCOMES = {name.lower() for name, kind in vars(outcomes).items() if isinstance(kind, type)}


def known() -> dict[str, set[str]]:
    """Every series that the product shows, with its labels."""
    series: dict[str, set[str]] = {"up": {"job", "instance"}}
    for metric in metrics.COUNTED:
        labels = set(metric._labelnames)
        if metric._type == "histogram":
            series |= {f"{metric._name}_{end}": labels for end in ("count", "sum")}
            series[f"{metric._name}_bucket"] = labels | {"le"}
        else:
            series[f"{metric._name}_total"] = labels
    for gauge in states.States().collect():
        series[gauge.name] = set(gauge._labelnames)  # type: ignore[attr-defined]
    return series


def values() -> dict[str, set[str]]:
    """The values that labels may have, of those that alerts and panels ask for."""
    kinds = {kind.value for kind in FailureKind} | {"accepted", "error", "2xx", "3xx", "4xx", "5xx"}
    tasks = {task for task, _ in (celery.SWEEPS | celery.DAILY).values()}
    return {
        "part": set(work.look().parts),
        "result": kinds,
        "task": tasks,
        "outcome": OUTCOMES,
        "state": {"failure", "success", "all", "held", "texts_stopped", "gateway_down"},
        "route": {"monitoring", "static", "none", "body"},
        "status": {"200", "302", "404", "500", "503"},
        "provider": {key for key, _ in provider_names()},
        "job": {"selfbook", "selfbook-workers"},
    }


@pytest.mark.django_db
def test_every_series_label_and_value_is_the_products() -> None:
    series, allowed = known(), values()
    assert len(EXPRESSIONS) > 30
    for expression in EXPRESSIONS:
        labels: set[str] = set()
        for name, matchers in _METRIC.findall(expression):
            assert name in series, expression
            labels |= series[name]
            for label, operator, value in _MATCHER.findall(matchers):
                assert label in series[name], expression
                pattern = re.compile(value if "~" in operator else re.escape(value))
                assert any(pattern.fullmatch(each) for each in allowed[label]), f"{label}: {value}"
        for grouped in _BY.findall(expression):
            assert {label.strip() for label in grouped.split(",")} <= labels, expression


@pytest.mark.django_db
def test_every_series_is_explained_and_all_but_parts_of_them_are_on_the_dashboard() -> None:
    shown = " ".join(EXPRESSIONS)
    for name in known():
        base = re.sub(r"_(count|sum|bucket)$", "", name)
        assert f"`{base}`" in GUIDE, name
        assert base in shown or base in ("selfbook_sweep_last_run_seconds",), name


@pytest.mark.parametrize("rule", ALERTS, ids=lambda rule: str(rule["alert"]))
def test_every_alert_says_what_to_do(rule: dict[str, Any]) -> None:
    page, _, anchor = rule["annotations"]["action"].partition("#")
    assert page == "docs/monitoring.md"
    assert anchor == rule["alert"].lower()
    assert f"### {rule['alert']}\n" in GUIDE
    assert rule["labels"]["severity"] in ("page", "ticket")
    assert rule["for"]


def test_parentheses_and_braces_of_every_expression_close() -> None:
    for expression in EXPRESSIONS:
        for opens, closes in ("()", "{}", "[]"):
            assert expression.count(opens) == expression.count(closes), expression


def test_the_example_reads_the_addresses_that_there_are() -> None:
    example = yaml.safe_load((FOLDER / "prometheus.yml").read_text("utf-8"))
    services = yaml.safe_load((ROOT / "deploy" / "compose.yml").read_text("utf-8"))["services"]
    for job in example["scrape_configs"]:
        assert job.get("metrics_path", "/metrics") == "/metrics"
        for group in job["static_configs"]:
            assert {target.split(":")[0] for target in group["targets"]} <= set(services)
