"""deploy/kubernetes: valid by Kubernetes' own schemas, and what must never slip. No cluster is there to start them."""

import re
from typing import Any

import kubernetes_validate
import pytest
import yaml

from selfbook.settings.variables import VARIABLES
from tests.deploy.shipped import DEPLOY, SERVICES, WORKERS

FOLDER = DEPLOY / "kubernetes"
KUSTOMIZATION = yaml.safe_load((FOLDER / "kustomization.yaml").read_text("utf-8"))
OBJECTS: list[dict[str, Any]] = [
    one for name in KUSTOMIZATION["resources"] for one in yaml.safe_load_all((FOLDER / name).read_text("utf-8"))
]
RUNNING = [one for one in OBJECTS if one["kind"] in ("Deployment", "Job")]


def named(kind: str, name: str) -> dict[str, Any]:
    return next(one for one in OBJECTS if (one["kind"], one["metadata"]["name"]) == (kind, name))


def pod_of(one: dict[str, Any]) -> dict[str, Any]:
    pod: dict[str, Any] = one["spec"]["template"]["spec"]
    return pod


def title(one: dict[str, Any]) -> str:
    return f"{one['kind']}-{one['metadata']['name']}"


SETTINGS: dict[str, str] = named("ConfigMap", "settings")["data"]


@pytest.mark.parametrize("one", OBJECTS, ids=title)
@pytest.mark.parametrize("version", ["1.30", kubernetes_validate.latest_version()])
def test_it_is_what_kubernetes_takes(one: dict[str, Any], version: str) -> None:
    kubernetes_validate.validate(one, version, strict=True)


def test_every_file_is_part_of_it() -> None:
    assert {path.name for path in FOLDER.glob("*.yaml")} == {*KUSTOMIZATION["resources"], "kustomization.yaml"}
    (image,) = KUSTOMIZATION["images"]
    assert {pod_of(one)["containers"][0]["image"] for one in RUNNING} == {image["name"]}


@pytest.mark.parametrize("one", RUNNING, ids=title)
def test_everything_runs_confined(one: dict[str, Any]) -> None:
    pod = pod_of(one)
    (container,) = pod["containers"]
    assert pod["automountServiceAccountToken"] is False
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert container["resources"]["limits"]["memory"]
    assert container["resources"]["requests"]["cpu"]
    assert pod["volumes"] == [{"name": "tmp", "emptyDir": {"medium": "Memory", "sizeLimit": "256Mi"}}]


def test_it_runs_what_compose_runs() -> None:
    for name in (*WORKERS, "beat"):
        command = pod_of(named("Deployment", name))["containers"][0]["command"]
        theirs = SERVICES[name]["command"].split()
        numbers = {"--concurrency"}
        assert [word for word in command if word not in numbers] == [word for word in theirs if word not in numbers], (
            name
        )
    job = pod_of(named("Job", "migrate"))["containers"][0]
    assert job["args"][0] in SERVICES["migrate"]["command"]


def test_there_is_one_beat_and_never_two() -> None:
    spec = named("Deployment", "beat")["spec"]
    assert spec["replicas"] == 1
    assert spec["strategy"] == {"type": "Recreate"}


def test_nobody_is_without_the_others_while_a_machine_is_emptied() -> None:
    for name in ("web", *WORKERS):
        assert named("Deployment", name)["spec"]["replicas"] >= 2, name
        budget = named("PodDisruptionBudget", name)["spec"]
        assert budget["maxUnavailable"] == 1
        assert budget["selector"] == named("Deployment", name)["spec"]["selector"], name
        assert pod_of(named("Deployment", name))["topologySpreadConstraints"], name


def test_probes_reach_what_they_ask_for() -> None:
    (container,) = pod_of(named("Deployment", "web"))["containers"]
    paths = {kind: container[kind]["httpGet"]["path"] for kind in ("startupProbe", "livenessProbe", "readinessProbe")}
    assert paths == {
        "startupProbe": "/health/live",
        "livenessProbe": "/health/live",
        "readinessProbe": "/health/ready",
    }
    for kind in paths:
        headers = {header["name"]: header["value"] for header in container[kind]["httpGet"]["httpHeaders"]}
        assert headers["Host"] in SETTINGS["ALLOWED_HOSTS"].split(",")
        assert headers["X-Forwarded-Proto"] == "https", "or web would send the probe there"


def test_numbers_of_processes_are_right() -> None:
    replicas = {name: named("Deployment", name)["spec"]["replicas"] for name in ("web", *WORKERS)}
    assert int(SETTINGS["WEB_PROCESSES"]) == 2 * replicas["web"]
    processes = 0
    for name in WORKERS:
        command = pod_of(named("Deployment", name))["containers"][0]["command"]
        processes += replicas[name] * int(command[command.index("--concurrency") + 1])
    assert int(SETTINGS["WORKER_PROCESSES"]) == processes


def test_a_worker_has_the_time_to_end_what_it_has_begun() -> None:
    for name in WORKERS:
        assert pod_of(named("Deployment", name))["terminationGracePeriodSeconds"] >= 120, name


def test_secrets_are_named_and_none_is_here() -> None:
    known = {variable.name for variable in VARIABLES}
    secret = {variable.name for variable in VARIABLES if variable.secret}
    assert set(SETTINGS) <= known | {"HOME"}
    assert not set(SETTINGS) & secret
    assert not [one for one in OBJECTS if one["kind"] == "Secret"]
    for one in RUNNING:
        (container,) = pod_of(one)["containers"]
        assert container["envFrom"] == [{"configMapRef": {"name": "settings"}}, {"secretRef": {"name": "selfbook"}}]
        own = {item["name"]: item for item in container.get("env", [])}
        assert one["kind"] == "Job" or own == {}, "the owner's password is the job's alone"
        for name in secret & set(own):
            assert own[name]["valueFrom"]["secretKeyRef"]["name"] == "selfbook-owner"


def test_nothing_is_reached_but_web_and_web_from_two_places() -> None:
    nothing = named("NetworkPolicy", "nothing")["spec"]
    assert nothing == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    let_in = [one for one in OBJECTS if one["kind"] == "NetworkPolicy" and one["spec"].get("ingress")]
    assert [one["metadata"]["name"] for one in let_in] == ["visitors-and-monitoring-to-web"]
    (rule,) = let_in[0]["spec"]["ingress"]
    assert rule["ports"] == [{"protocol": "TCP", "port": 8000}]
    assert len(rule["from"]) == 2


def test_numbers_of_the_service_are_not_for_outside() -> None:
    (rule,) = named("Ingress", "web")["spec"]["rules"]
    nowhere = {path["path"] for path in rule["http"]["paths"] if path["backend"]["service"]["name"] == "nowhere"}
    assert nowhere == {"/metrics", "/health/work"}
    assert "selector" not in named("Service", "nowhere")["spec"]


def test_the_ingress_is_like_the_proxy() -> None:
    annotations = named("Ingress", "web")["metadata"]["annotations"]
    notes = {key.rpartition("/")[2]: value for key, value in annotations.items()}
    proxy = (DEPLOY / "proxy" / "nginx.conf").read_text("utf-8")
    assert f"client_max_body_size {notes['proxy-body-size']};" in proxy
    assert f"proxy_request_buffering {notes['proxy-request-buffering']};" in proxy
    assert f"proxy_read_timeout {notes['proxy-read-timeout']}s;" in proxy
    assert re.search(rf"limit_conn addresses {notes['limit-connections']};", proxy)
    assert notes["enable-access-log"] == "false", "it would have personal links in it"
