"""What a client that keeps Kubernetes objects meets: fields with owners, conflicts, what is gone from a set, budgets, watches."""
import json

import pytest

APPLY = "application/apply-patch+yaml"


@pytest.fixture
def namespace(cluster, request):
    return cluster.namespace(request.node.name.removeprefix("test_").replace("_", "-"))


def config_map(namespace, name, **data):
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": namespace}, "data": data}


def apply(cluster, thing, manager, force=False):
    where = f"/api/v1/namespaces/{thing['metadata']['namespace']}/configmaps/{thing['metadata']['name']}"
    return cluster.request("PATCH", f"{where}?fieldManager={manager}&force={'true' if force else 'false'}", thing, APPLY)


def test_fields_have_owners(cluster, namespace):
    assert apply(cluster, config_map(namespace, "settings", colour="red", size="1"), "one")[0] == 201
    status, refused = apply(cluster, config_map(namespace, "settings", colour="blue"), "two")
    assert status == 409 and refused["reason"] == "Conflict"
    assert [(c["reason"], c["field"]) for c in refused["details"]["causes"]] == [("FieldManagerConflict", ".data.colour")]
    assert apply(cluster, config_map(namespace, "settings", colour="red", shape="round"), "two")[0] == 200   # equal values are shared
    status, now = apply(cluster, config_map(namespace, "settings", size="2"), "one")
    assert status == 200 and now["data"] == {"colour": "red", "shape": "round", "size": "2"}                 # the other one still wants its colour
    status, now = apply(cluster, config_map(namespace, "settings", size="3"), "two", force=True)
    assert status == 200 and now["data"] == {"size": "3"}
    assert {m["manager"]: m["fieldsV1"] for m in now["metadata"]["managedFields"]} == {"two": {"f:data": {"f:size": {}}}}


def test_what_a_set_no_longer_has_is_pruned(cluster, namespace):
    def put(*names):
        manifest = json.dumps({"apiVersion": "v1", "kind": "List", "items": [config_map(namespace, name) for name in names]})
        return cluster.kubectl("apply", "--server-side", "-n", namespace, "--prune", "--applyset", "configmaps/set", "-f", "-", input=manifest, env={"KUBECTL_APPLYSET": "true"})

    apply(cluster, config_map(namespace, "of-others"), "others")
    put("a", "b")
    assert "configmap/a pruned" in put("b", "c")
    assert cluster.kubectl("get", "configmaps", "-n", namespace, "-o", "name").split() == [f"configmap/{name}" for name in ("b", "c", "of-others", "set")]   # `set`: the set itself


def test_a_budget_holds_an_eviction_back(cluster, namespace):
    pods, budgets = f"/api/v1/namespaces/{namespace}/pods", f"/apis/policy/v1/namespaces/{namespace}/poddisruptionbudgets"
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web", "labels": {"app": "web"}}, "spec": {"containers": [{"name": "web", "image": "example.com/web"}]}}
    assert cluster.request("POST", pods, pod)[0] == 201
    ready = {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}        # as kubelet would write it
    assert cluster.request("PATCH", f"{pods}/web/status", {"status": ready}, "application/merge-patch+json")[0] == 200
    budget = {"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": {"name": "web"},
              "spec": {"minAvailable": 1, "selector": {"matchLabels": {"app": "web"}}}}
    assert cluster.request("POST", budgets, budget)[0] == 201

    def allow(disruptions):                                                                  # as the disruption controller would count them
        counted = {"observedGeneration": 1, "disruptionsAllowed": disruptions, "currentHealthy": 1, "desiredHealthy": 1 - disruptions, "expectedPods": 1}
        assert cluster.request("PATCH", f"{budgets}/web/status", {"status": counted}, "application/merge-patch+json")[0] == 200

    def evict():
        eviction = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": "web"}, "deleteOptions": {"gracePeriodSeconds": 0}}
        return cluster.request("POST", f"{pods}/web/eviction", eviction)

    allow(0)
    status, refused = evict()
    assert status == 429 and [c["reason"] for c in refused["details"]["causes"]] == ["DisruptionBudget"]
    assert cluster.request("GET", f"{pods}/web")[0] == 200
    allow(1)
    assert evict()[0] == 201
    assert cluster.request("GET", f"{pods}/web")[0] == 404


def test_a_watch_tells_what_changes(cluster, namespace):
    maps = f"/api/v1/namespaces/{namespace}/configmaps"
    version = cluster.request("GET", maps)[1]["metadata"]["resourceVersion"]
    events = cluster.watch(maps, version)
    apply(cluster, config_map(namespace, "seen", step="1"), "one")
    apply(cluster, config_map(namespace, "seen", step="2"), "one")
    cluster.request("DELETE", f"{maps}/seen")
    told = [next(events) for _ in range(3)]
    assert [(kind, thing["data"]["step"]) for kind, thing in told] == [("ADDED", "1"), ("MODIFIED", "2"), ("DELETED", "2")]
