"""EKS: control planes, node groups, add-ons, access, pod identity, Fargate profiles, updates. Every method named as an operation is one.

Objects change state by themselves as time passes (clock.py). What a control plane needs from other services it looks for in moto:
roles with their policies, subnets in two zones, launch templates; its own security group it makes there.
Not here: capabilities, identity providers, insights, encryption added later."""
import base64
import datetime
import re
import uuid

from moto.ec2.models import ec2_backends
from moto.iam.models import iam_backends

from . import clock, rules
from .wire import Refusal

VERSIONS = [f"1.{n}" for n in range(29, 36)]
ADDONS = {"vpc-cni": "v1.20.4-eksbuild.2", "kube-proxy": "v{k}.0-eksbuild.1", "coredns": "v1.12.4-eksbuild.1", "eks-pod-identity-agent": "v1.3.9-eksbuild.3",
          "aws-ebs-csi-driver": "v1.50.1-eksbuild.1", "metrics-server": "v0.8.0-eksbuild.2"}
NEED_NODES = {"coredns", "metrics-server"}
LOG_TYPES = ["api", "audit", "authenticator", "controllerManager", "scheduler"]
POLICIES = "arn:aws:eks::aws:cluster-access-policy/"


def now():
    return datetime.datetime.now(datetime.timezone.utc)


def missing(message):
    return Refusal("ResourceNotFoundException", message, 404)


def in_use(message):
    return Refusal("ResourceInUseException", message, 409)


def bad_parameter(message):
    return Refusal("InvalidParameterException", message)


def bad_request(message):
    return Refusal("InvalidRequestException", message)


class Thing(dict):
    """An object as it is shown, with a state that moves and facts of its own that are not shown."""

    def __init__(self, **shown):
        super().__init__({k: v for k, v in shown.items() if v is not None})
        self.steps, self.gone_at, self.on_end = [], None, None

    def goes(self, status, then=None, what=None):
        self.steps = [(status, 0)] + ([(then, clock.due(what))] if then else [])

    def dies(self, what):
        self.goes("DELETING")
        self.gone_at = clock.due(what)

    @property
    def status(self):
        while len(self.steps) > 1 and clock.passed(self.steps[1][1]):
            self.steps.pop(0)
        return self.steps[0][0]

    def shown(self):
        return dict(self, status=self.status) if self.steps else dict(self)


class Shelf(dict):
    """Things by name; those whose deletion is done are gone."""

    def live(self):
        for name in [n for n, t in self.items() if t.gone_at and clock.passed(t.gone_at)]:
            thing = self.pop(name)
            if thing.on_end:
                thing.on_end()
        return self


class Cluster(Thing):
    def __init__(self, **shown):
        super().__init__(**shown)
        self.nodegroups, self.addons, self.profiles, self.entries, self.associations, self.updates = (Shelf() for _ in range(6))
        self.policies = {}                                 # (principal, policy ARN) -> association

    def shown(self):
        out = super().shown()
        if out["status"] == "CREATING":                    # the API server is not there yet
            for key in ("endpoint", "certificateAuthority", "identity"):
                out.pop(key, None)
        return out

    def shelves(self):
        return (self.nodegroups, self.addons, self.profiles, self.entries, self.associations)

    def updating(self):
        return any(u.status == "InProgress" for u in self.updates.values())


def page(call, items, key):
    items = list(items)
    start = int(base64.b64decode(call.params["nextToken"])) if call.params.get("nextToken") else 0
    end = start + call.params.get("maxResults", 100)
    token = base64.b64encode(str(end).encode()).decode() if end < len(items) else None
    return {key: items[start:end], "nextToken": token}


class Eks:
    def __init__(self, account):
        self.account, self.regions = account, {}

    def clusters(self, region):
        return self.regions.setdefault(region, Shelf()).live()

    def arn(self, call, kind, *parts):
        return f"arn:aws:eks:{call.region}:{self.account}:{kind}/" + "/".join(parts)

    # ---- what others ask ----

    def uses_subnet(self, region, subnet):
        for cluster in self.clusters(region).values():
            if subnet in cluster["resourcesVpcConfig"]["subnetIds"]:
                return f"the network interfaces of cluster {cluster['name']}"
            for group in list(cluster.nodegroups.live().values()) + list(cluster.profiles.live().values()):
                if subnet in group["subnets"]:
                    return f"the nodes of cluster {cluster['name']}"
        return None

    def uses_group(self, region, group):
        configs = [c["resourcesVpcConfig"] for c in self.clusters(region).values()]
        return any(group == c.get("clusterSecurityGroupId") or group in c["securityGroupIds"] for c in configs)

    # ---- finding ----

    def cluster(self, call, member="clusterName"):
        name = call.params.get(member) or call.params.get("name")
        found = self.clusters(call.region).get(name)
        if found is None:
            raise missing(f"No cluster found for name: {name}.")
        return found

    def active(self, call):
        cluster = self.cluster(call)
        if cluster.status != "ACTIVE":
            raise bad_request(f"Cluster '{cluster['name']}' is not in ACTIVE status")
        return cluster

    @staticmethod
    def on(shelf, name, what):
        found = shelf.live().get(name)
        if found is None:
            raise missing(f"No {what} found with name: {name}.")
        return found

    def role(self, arn, policy=None):
        roles = iam_backends[self.account]["aws"].roles.values()
        found = next((r for r in roles if r.arn == arn), None)
        if found is None:
            raise bad_parameter(f"Role with arn: {arn}, could not be assumed because it does not exist or the trusted entity is not correct")
        if policy and not any(p.endswith("/" + policy) for p in found.managed_policies):
            raise bad_parameter(f"The provided role doesn't have the Amazon EKS Managed Policies associated with it: {policy}")

    def subnets(self, call, ids, zones):
        backend = ec2_backends[self.account][call.region]
        known = {s.id: s for by_zone in backend.subnets.values() for s in by_zone.values()}
        lost = [i for i in ids if i not in known]
        if lost:
            raise bad_parameter(f"The subnet ID '{lost[0]}' does not exist")
        if len({known[i].availability_zone for i in ids}) < zones:
            raise bad_parameter("Subnets specified must be in at least two different AZs")
        return known[ids[0]].vpc_id

    # ---- updates ----

    def update(self, cluster, kind, what, params, thing=None):
        if cluster.updating() and thing is None:
            raise in_use(f"Cannot {kind} because cluster {cluster['name']} currently has an update in progress")
        update = Thing(id=str(uuid.uuid4()), type=kind, createdAt=now(), errors=[], params=[{"type": t, "value": str(v)} for t, v in params])
        update.goes("InProgress", "Successful", what)
        cluster.updates[update["id"]] = update
        (thing or cluster).goes("UPDATING", "ACTIVE", what)
        return {"update": update.shown()}

    def DescribeUpdate(self, call):
        cluster = self.cluster(call, "name")
        return {"update": self.on(cluster.updates, call.params["updateId"], "update").shown()}

    def ListUpdates(self, call):
        return page(call, self.cluster(call, "name").updates, "updateIds")

    # ---- clusters ----

    def CreateCluster(self, call):
        p, vpc = call.params, call.params["resourcesVpcConfig"]
        name, version = p["name"], p.get("version", VERSIONS[-2])
        if name in self.clusters(call.region):
            raise in_use(f"Cluster already exists with name: {name}")
        if version not in VERSIONS:
            raise bad_parameter(f"unsupported Kubernetes version {version}")
        if not vpc.get("endpointPublicAccess", True) and not vpc.get("endpointPrivateAccess", False):
            raise bad_parameter("Private and public endpoint access cannot be false")
        self.role(p["roleArn"], "AmazonEKSClusterPolicy")
        vpc_id = self.subnets(call, vpc["subnetIds"], 2)
        access = dict(p.get("accessConfig", {}))
        admin = access.pop("bootstrapClusterCreatorAdminPermissions", True)
        ident = uuid.uuid4().hex.upper()
        cluster = Cluster(
            name=name, arn=self.arn(call, "cluster", name), createdAt=now(), version=version, platformVersion="eks.1", roleArn=p["roleArn"],
            endpoint=f"https://{ident}.gr7.{call.region}.eks.amazonaws.com", health={"issues": []}, tags=p.get("tags", {}),
            certificateAuthority={"data": base64.b64encode(b"-----BEGIN CERTIFICATE-----\n" + ident.encode()).decode()},
            identity={"oidc": {"issuer": f"https://oidc.eks.{call.region}.amazonaws.com/id/{ident}"}},
            kubernetesNetworkConfig=dict({"serviceIpv4Cidr": "172.20.0.0/16", "ipFamily": "ipv4"}, **p.get("kubernetesNetworkConfig", {})),
            accessConfig=dict({"authenticationMode": "CONFIG_MAP"}, **access), upgradePolicy=p.get("upgradePolicy", {"supportType": "EXTENDED"}),
            encryptionConfig=p.get("encryptionConfig"), deletionProtection=p.get("deletionProtection", False),
            logging=shown_logs([t for entry in p.get("logging", {}).get("clusterLogging", []) if entry.get("enabled") for t in entry["types"]]),
            resourcesVpcConfig={"subnetIds": vpc["subnetIds"], "securityGroupIds": vpc.get("securityGroupIds", []), "vpcId": vpc_id,
                                "clusterSecurityGroupId": self.cluster_group(call, name, vpc_id), "endpointPublicAccess": vpc.get("endpointPublicAccess", True),
                                "endpointPrivateAccess": vpc.get("endpointPrivateAccess", False), "publicAccessCidrs": vpc.get("publicAccessCidrs", ["0.0.0.0/0"])})
        cluster.goes("CREATING", "ACTIVE", "cluster create")
        if admin:
            self.enter(call, cluster, f"arn:aws:iam::{self.account}:root", "STANDARD", AmazonEKSClusterAdminPolicy=True)
        self.clusters(call.region)[name] = cluster
        return {"cluster": cluster.shown()}

    def cluster_group(self, call, name, vpc_id):
        backend = ec2_backends[self.account][call.region]
        tags = {"Name": f"eks-cluster-sg-{name}", f"kubernetes.io/cluster/{name}": "owned", "aws:eks:cluster-name": name}
        return backend.create_security_group(f"eks-cluster-sg-{name}-{uuid.uuid4().int % 10**9}", "EKS created security group", vpc_id, tags=tags).id

    def DescribeCluster(self, call):
        return {"cluster": self.cluster(call, "name").shown()}

    def ListClusters(self, call):
        return page(call, self.clusters(call.region), "clusters")

    def UpdateClusterVersion(self, call):
        cluster, version = self.cluster(call, "name"), call.params["version"]
        if version not in VERSIONS or int(version[2:]) - int(cluster["version"][2:]) != 1:
            raise bad_parameter(f"Unsupported Kubernetes minor version update from {cluster['version']} to {version}")
        reply = self.update(cluster, "VersionUpdate", "cluster update", [("Version", version), ("PlatformVersion", "eks.1")])
        cluster["version"] = version
        return reply

    def UpdateClusterConfig(self, call):
        cluster = self.cluster(call, "name")
        p = {k: v for k, v in call.params.items() if k not in ("name", "clientRequestToken")}
        if len(p) != 1:
            raise bad_parameter("Exactly one type of update can be made in one call")
        (what, value), = p.items()
        kind, changed = getattr(self, "config_" + what, self.config_other)(cluster, what, value)
        if all(cluster.get(k) == v for k, v in changed.items()):
            raise bad_parameter("No changes needed for the provided configuration")
        reply = self.update(cluster, kind, "config update", [(k[0].upper() + k[1:], v) for k, v in value.items()] if isinstance(value, dict) else [])
        cluster.update(changed)
        return reply

    def config_resourcesVpcConfig(self, cluster, what, value):
        place = {"subnetIds", "securityGroupIds"}
        if place & set(value) and set(value) - place:
            raise bad_parameter("Endpoint access and subnets cannot be updated in one call")
        return "VpcConfigUpdate" if place & set(value) else "EndpointAccessUpdate", {what: dict(cluster[what], **value)}

    def config_logging(self, cluster, what, value):
        on = {t for entry in cluster["logging"]["clusterLogging"] if entry["enabled"] for t in entry["types"]}
        for entry in value["clusterLogging"]:
            on = on | set(entry["types"]) if entry.get("enabled") else on - set(entry["types"])
        return "LoggingUpdate", {what: shown_logs(on)}

    def config_accessConfig(self, cluster, what, value):
        order = ["CONFIG_MAP", "API_AND_CONFIG_MAP", "API"]
        mode, now_at = value["authenticationMode"], cluster[what]["authenticationMode"]
        if mode != now_at and order.index(mode) != order.index(now_at) + 1:
            raise bad_parameter(f"Unsupported authentication mode update to {mode}")
        return "AccessConfigUpdate", {what: {"authenticationMode": mode}}

    def AssociateEncryptionConfig(self, call):
        cluster = self.cluster(call)
        if cluster.get("encryptionConfig"):
            raise bad_parameter("Encryption config is already associated with the cluster")
        reply = self.update(cluster, "AssociateEncryptionConfig", "config update", [])
        cluster.update(encryptionConfig=call.params["encryptionConfig"])
        return reply

    def config_other(self, cluster, what, value):
        kinds = {"upgradePolicy": "UpgradePolicyUpdate", "deletionProtection": "DeletionProtectionUpdate"}
        if what not in kinds:
            raise bad_parameter(f"{what} is not simulated")
        return kinds[what], {what: value}

    def DeleteCluster(self, call):
        cluster = self.cluster(call, "name")
        if cluster["deletionProtection"]:
            raise bad_request(f"Cluster {cluster['name']} has deletion protection enabled")
        if cluster.nodegroups.live() or cluster.profiles.live():
            raise in_use("Cluster has nodegroups attached")
        if cluster.updating():
            raise in_use(f"Cluster {cluster['name']} currently has an update in progress")
        if cluster.gone_at is None:
            cluster.dies("cluster delete")
            backend, group = ec2_backends[self.account][call.region], cluster["resourcesVpcConfig"]["clusterSecurityGroupId"]
            cluster.on_end = lambda: backend.delete_security_group(group_id=group)
        return {"cluster": cluster.shown()}

    def DescribeClusterVersions(self, call):
        return page(call, [{"clusterVersion": v, "defaultVersion": v == VERSIONS[-2], "status": "STANDARD_SUPPORT"} for v in reversed(VERSIONS)], "clusterVersions")

    # ---- node groups ----

    def template(self, call, given):
        if not given:
            return None
        backend = ec2_backends[self.account][call.region]
        found = next((t for t in backend.launch_templates.values() if given.get("id") in (t.id,) or given.get("name") == t.name), None)
        if found is None:
            raise bad_request(f"Launch template {given} was not found")
        version = given.get("version") or str(found.default_version_number)
        if not version.isdigit() or int(version) > found.latest_version_number:
            raise bad_request(f"Launch template version {version} was not found")
        return {"id": found.id, "name": found.name, "version": version}

    def CreateNodegroup(self, call):
        p, cluster = call.params, self.active(call)
        name = p["nodegroupName"]
        if name in cluster.nodegroups.live():
            raise in_use(f"NodeGroup already exists with name {name} and cluster name {cluster['name']}")
        self.role(p["nodeRole"], "AmazonEKSWorkerNodePolicy")
        self.subnets(call, p["subnets"], 1)
        scaling = dict({"minSize": 1, "maxSize": 2, "desiredSize": 2}, **p.get("scalingConfig", {}))
        check_scaling(scaling)
        version = p.get("version", cluster["version"])
        ident = str(uuid.uuid4())
        group = Thing(nodegroupName=name, clusterName=cluster["name"], nodegroupArn=self.arn(call, "nodegroup", cluster["name"], name, ident), createdAt=now(),
                      modifiedAt=now(), version=version, releaseVersion=f"{version}.0-20261101", capacityType=p.get("capacityType", "ON_DEMAND"), scalingConfig=scaling,
                      instanceTypes=p.get("instanceTypes"), subnets=p["subnets"], amiType=p.get("amiType", "AL2023_x86_64_STANDARD"), nodeRole=p["nodeRole"],
                      labels=p.get("labels", {}), taints=p.get("taints", []), updateConfig=p.get("updateConfig", {"maxUnavailable": 1}), health={"issues": []},
                      launchTemplate=self.template(call, p.get("launchTemplate")), diskSize=p.get("diskSize"), tags=p.get("tags", {}),
                      resources={"autoScalingGroups": [{"name": f"eks-{name}-{ident}"}]})
        trouble = self.trouble(call, p["subnets"], p["nodeRole"])
        group["health"] = {"issues": trouble}
        group.goes("CREATING", "CREATE_FAILED" if trouble else "ACTIVE", "nodegroup create")
        cluster.nodegroups[name] = group
        if cluster["accessConfig"]["authenticationMode"] != "CONFIG_MAP" and p["nodeRole"] not in cluster.entries:
            self.enter(call, cluster, p["nodeRole"], "EC2_LINUX")
        return {"nodegroup": group.shown()}

    def trouble(self, call, subnets, role):
        """Why instances would not join: no way to the internet, or a right that nodes need is missing."""
        backend = ec2_backends[self.account][call.region]
        known = [s for by_zone in backend.subnets.values() for s in by_zone.values() if s.id in subnets]
        attached = next(r for r in iam_backends[self.account]["aws"].roles.values() if r.arn == role).managed_policies
        lost = [s.id for s in known if not rules.has_way_out(backend, s)]
        rights = [n for n in ("AmazonEKS_CNI_Policy", "AmazonEC2ContainerRegistry") if not any(n in a for a in attached)]
        return [{"code": "NodeCreationFailure", "message": f"Instances failed to join the kubernetes cluster: {what}", "resourceIds": []}
                for what in [f"{s} has no way to the internet" for s in lost] + [f"the node role lacks {r}" for r in rights]]

    def nodegroup(self, call):
        return self.on(self.cluster(call).nodegroups, call.params["nodegroupName"], "node group")

    def DescribeNodegroup(self, call):
        return {"nodegroup": self.nodegroup(call).shown()}

    def ListNodegroups(self, call):
        return page(call, self.cluster(call).nodegroups.live(), "nodegroups")

    def steady(self, call, thing):
        if thing.status != "ACTIVE":
            raise in_use(f"The object is {thing.status}; it cannot be updated now")
        return thing

    def UpdateNodegroupConfig(self, call):
        cluster, group, p = self.cluster(call), self.steady(call, self.nodegroup(call)), call.params
        if not {"scalingConfig", "labels", "taints", "updateConfig"} & set(p):
            raise bad_parameter("At least one of labels, taints, scalingConfig and updateConfig is required")
        scaling = dict(group["scalingConfig"], **p.get("scalingConfig", {}))
        check_scaling(scaling)
        labels, taints = p.get("labels", {}), p.get("taints", {})
        kept = {k: v for k, v in group["labels"].items() if k not in labels.get("removeLabels", [])}
        drop = [(t["key"], t["effect"]) for t in taints.get("removeTaints", []) + taints.get("addOrUpdateTaints", [])]
        group.update(scalingConfig=scaling, labels=dict(kept, **labels.get("addOrUpdateLabels", {})), modifiedAt=now(), updateConfig=p.get("updateConfig", group["updateConfig"]),
                     taints=[t for t in group["taints"] if (t["key"], t["effect"]) not in drop] + taints.get("addOrUpdateTaints", []))
        return self.update(cluster, "ConfigUpdate", "nodegroup update", [("MinSize", scaling["minSize"]), ("MaxSize", scaling["maxSize"])], group)

    def UpdateNodegroupVersion(self, call):
        cluster, group = self.cluster(call), self.steady(call, self.nodegroup(call))
        version = call.params.get("version", group["version"])
        if int(version[2:]) > int(cluster["version"][2:]):
            raise bad_parameter(f"Nodegroup Kubernetes version {version} is higher than the cluster's {cluster['version']}")
        if int(version[2:]) < int(group["version"][2:]):
            raise bad_parameter(f"Nodegroup Kubernetes version {version} is lower than its {group['version']}")
        template = self.template(call, call.params.get("launchTemplate")) or group.get("launchTemplate")
        group.update(version=version, releaseVersion=f"{version}.0-20261101", modifiedAt=now(), **({"launchTemplate": template} if template else {}))
        return self.update(cluster, "VersionUpdate", "nodegroup update", [("Version", version)], group)

    def DeleteNodegroup(self, call):
        group = self.nodegroup(call)
        if group.status in ("CREATING", "UPDATING"):
            raise in_use(f"Nodegroup is {group.status}")
        if group.gone_at is None:
            group.dies("nodegroup delete")
        return {"nodegroup": group.shown()}

    # ---- add-ons ----

    def CreateAddon(self, call):
        p, cluster = call.params, self.active(call)
        name = p["addonName"]
        if name not in ADDONS:
            raise bad_parameter(f"Addon {name} specified is not supported")
        if name in cluster.addons.live():
            raise in_use("Addon already exists.")
        version = p.get("addonVersion", ADDONS[name].format(k=cluster["version"]))
        if not re.fullmatch(r"v\d+\.\d+\.\d+-eksbuild\.\d+", version):
            raise bad_parameter(f"Addon version {version} specified is not supported")
        addon = Thing(addonName=name, clusterName=cluster["name"], addonVersion=version, health={"issues": []}, createdAt=now(), modifiedAt=now(),
                      addonArn=self.arn(call, "addon", cluster["name"], name, str(uuid.uuid4())), configurationValues=p.get("configurationValues"),
                      serviceAccountRoleArn=p.get("serviceAccountRoleArn"), tags=p.get("tags", {}))
        ready = name not in NEED_NODES or any(g.status == "ACTIVE" for g in cluster.nodegroups.values())
        addon.goes("CREATING", "ACTIVE" if ready else "DEGRADED", "addon create")
        cluster.addons[name] = addon
        return {"addon": addon.shown()}

    def addon(self, call):
        name = call.params["addonName"]
        found = self.cluster(call).addons.live().get(name)
        if found is None:
            raise missing(f"No addon: {name} found in cluster: {self.cluster(call)['name']}")
        return found

    def DescribeAddon(self, call):
        return {"addon": self.addon(call).shown()}

    def ListAddons(self, call):
        return page(call, self.cluster(call).addons.live(), "addons")

    def DescribeAddonVersions(self, call):
        names = [call.params["addonName"]] if "addonName" in call.params else list(ADDONS)
        versions = [call.params["kubernetesVersion"]] if "kubernetesVersion" in call.params else list(VERSIONS)
        return page(call, [{"addonName": n, "addonVersions": [{"addonVersion": ADDONS[n].format(k=k), "compatibilities": [
            {"clusterVersion": k, "defaultVersion": True}]} for k in reversed(versions)]} for n in names if n in ADDONS], "addons")

    def UpdateAddon(self, call):
        cluster, addon, p = self.cluster(call), self.steady(call, self.addon(call)), call.params
        for key in ("addonVersion", "configurationValues", "serviceAccountRoleArn"):
            if key in p:
                addon[key] = p[key]
        addon["modifiedAt"] = now()
        return self.update(cluster, "AddonUpdate", "addon update", [("AddonVersion", addon["addonVersion"])], addon)

    def DeleteAddon(self, call):
        addon = self.addon(call)
        if addon.gone_at is None:
            addon.dies("addon delete")
        return {"addon": addon.shown()}

    # ---- access ----

    def enter(self, call, cluster, principal, kind, groups=(), username=None, tags=None, **policies):
        short = principal.rpartition(":")[2].replace("/", "/" + self.account + "/", 1)
        entry = Thing(clusterName=cluster["name"], principalArn=principal, kubernetesGroups=list(groups), username=username or principal, type=kind, createdAt=now(),
                      modifiedAt=now(), accessEntryArn=self.arn(call, "access-entry", cluster["name"], short, str(uuid.uuid4())), tags=tags or {})
        cluster.entries[principal] = entry
        for name in policies:
            cluster.policies[principal, POLICIES + name] = {"policyArn": POLICIES + name, "accessScope": {"type": "cluster", "namespaces": []},
                                                            "associatedAt": now(), "modifiedAt": now()}
        return entry

    def CreateAccessEntry(self, call):
        p, cluster = call.params, self.active(call)
        if cluster["accessConfig"]["authenticationMode"] == "CONFIG_MAP":
            raise bad_request("The cluster's authentication mode must be set to one of [API, API_AND_CONFIG_MAP] to perform this operation.")
        if p["principalArn"] in cluster.entries:
            raise in_use("The specified access entry resource is already in use on this cluster.")
        if f"::{self.account}:role/" in p["principalArn"]:
            try:
                self.role(p["principalArn"])
            except Refusal:
                raise bad_parameter("The specified principalArn is invalid: invalid principal.") from None
        entry = self.enter(call, cluster, p["principalArn"], p.get("type", "STANDARD"), p.get("kubernetesGroups", []), p.get("username"), p.get("tags"))
        return {"accessEntry": entry.shown()}

    def entry(self, call):
        found = self.cluster(call).entries.get(call.params["principalArn"])
        if found is None:
            raise missing("The specified principalArn could not be found. You can view your available access entries with 'list-access-entries'.")
        return found

    def DescribeAccessEntry(self, call):
        return {"accessEntry": self.entry(call).shown()}

    def ListAccessEntries(self, call):
        return page(call, self.cluster(call).entries, "accessEntries")

    def UpdateAccessEntry(self, call):
        entry = self.entry(call)
        entry.update({k: call.params[k] for k in ("kubernetesGroups", "username") if k in call.params}, modifiedAt=now())
        return {"accessEntry": entry.shown()}

    def DeleteAccessEntry(self, call):
        cluster, entry = self.cluster(call), self.entry(call)
        del cluster.entries[entry["principalArn"]]
        cluster.policies = {k: v for k, v in cluster.policies.items() if k[0] != entry["principalArn"]}
        return {}

    def AssociateAccessPolicy(self, call):
        cluster, entry, arn = self.cluster(call), self.entry(call), call.params["policyArn"]
        if not arn.startswith(POLICIES):
            raise bad_parameter(f"The specified policyArn is invalid: {arn}")
        if entry["type"] != "STANDARD":
            raise bad_request("You cannot associate an access policy with this type of entry")
        scope = dict({"namespaces": []}, **call.params["accessScope"])
        made = cluster.policies.get((entry["principalArn"], arn), {}).get("associatedAt", now())
        cluster.policies[entry["principalArn"], arn] = {"policyArn": arn, "accessScope": scope, "associatedAt": made, "modifiedAt": now()}
        return {"clusterName": cluster["name"], "principalArn": entry["principalArn"], "associatedAccessPolicy": cluster.policies[entry["principalArn"], arn]}

    def ListAssociatedAccessPolicies(self, call):
        cluster, principal = self.cluster(call), self.entry(call)["principalArn"]
        found = page(call, [v for k, v in cluster.policies.items() if k[0] == principal], "associatedAccessPolicies")
        return dict(found, clusterName=cluster["name"], principalArn=principal)

    def DisassociateAccessPolicy(self, call):
        cluster, entry = self.cluster(call), self.entry(call)
        if cluster.policies.pop((entry["principalArn"], call.params["policyArn"]), None) is None:
            raise missing("The policy is not associated with the access entry")
        return {}

    def ListAccessPolicies(self, call):
        names = ["AmazonEKSAdminPolicy", "AmazonEKSClusterAdminPolicy", "AmazonEKSEditPolicy", "AmazonEKSViewPolicy"]
        return page(call, [{"name": n, "arn": POLICIES + n} for n in names], "accessPolicies")

    # ---- pod identity ----

    def CreatePodIdentityAssociation(self, call):
        p, cluster = call.params, self.active(call)
        place = (p["namespace"], p["serviceAccount"])
        if any((a["namespace"], a["serviceAccount"]) == place for a in cluster.associations.values()):
            raise in_use(f"Association already exists for {place[0]}/{place[1]}")
        self.role(p["roleArn"])
        ident = "a-" + uuid.uuid4().hex[:17]
        made = Thing(clusterName=cluster["name"], namespace=place[0], serviceAccount=place[1], roleArn=p["roleArn"], associationId=ident, tags=p.get("tags", {}),
                     associationArn=self.arn(call, "podidentityassociation", cluster["name"], ident), createdAt=now(), modifiedAt=now())
        cluster.associations[ident] = made
        return {"association": made.shown()}

    def association(self, call):
        return self.on(self.cluster(call).associations, call.params["associationId"], "pod identity association")

    def DescribePodIdentityAssociation(self, call):
        return {"association": self.association(call).shown()}

    def ListPodIdentityAssociations(self, call):
        wanted = {k: call.params[k] for k in ("namespace", "serviceAccount") if k in call.params}
        found = [a for a in self.cluster(call).associations.values() if all(a[k] == v for k, v in wanted.items())]
        return page(call, [{k: a[k] for k in ("clusterName", "namespace", "serviceAccount", "associationArn", "associationId")} for a in found], "associations")

    def UpdatePodIdentityAssociation(self, call):
        made = self.association(call)
        if "roleArn" in call.params:
            self.role(call.params["roleArn"])
            made.update(roleArn=call.params["roleArn"], modifiedAt=now())
        return {"association": made.shown()}

    def DeletePodIdentityAssociation(self, call):
        made = self.association(call)
        del self.cluster(call).associations[made["associationId"]]
        return {"association": made.shown()}

    # ---- Fargate ----

    def CreateFargateProfile(self, call):
        p, cluster = call.params, self.active(call)
        if any(f.status in ("CREATING", "DELETING") for f in cluster.profiles.live().values()):
            raise in_use("Another Fargate profile of the cluster is being created or deleted")
        name = p["fargateProfileName"]
        if name in cluster.profiles:
            raise in_use("A Fargate Profile already exists with this name in this cluster.")
        self.role(p["podExecutionRoleArn"])
        self.subnets(call, p["subnets"], 1)
        profile = Thing(fargateProfileName=name, clusterName=cluster["name"], fargateProfileArn=self.arn(call, "fargateprofile", cluster["name"], name, str(uuid.uuid4())),
                        createdAt=now(), podExecutionRoleArn=p["podExecutionRoleArn"], subnets=p["subnets"], selectors=p.get("selectors", []), tags=p.get("tags", {}))
        profile.goes("CREATING", "ACTIVE", "fargate create")
        cluster.profiles[name] = profile
        return {"fargateProfile": profile.shown()}

    def profile(self, call):
        return self.on(self.cluster(call).profiles, call.params["fargateProfileName"], "Fargate Profile")

    def DescribeFargateProfile(self, call):
        return {"fargateProfile": self.profile(call).shown()}

    def ListFargateProfiles(self, call):
        return page(call, self.cluster(call).profiles.live(), "fargateProfileNames")

    def DeleteFargateProfile(self, call):
        profile = self.profile(call)
        profile.dies("fargate delete")
        return {"fargateProfile": profile.shown()}

    # ---- tags ----

    def tagged(self, call):
        arn = call.params["resourceArn"]
        for cluster in self.clusters(call.region).values():
            for thing in [cluster] + [t for shelf in cluster.shelves() for t in shelf.live().values()]:
                if arn in thing.values():
                    return thing
        raise Refusal("NotFoundException", f"No resource found for ARN {arn}", 404)

    def TagResource(self, call):
        thing = self.tagged(call)
        thing["tags"] = dict(thing["tags"], **call.params["tags"])
        return {}

    def UntagResource(self, call):
        thing = self.tagged(call)
        thing["tags"] = {k: v for k, v in thing["tags"].items() if k not in call.params["tagKeys"]}
        return {}

    def ListTagsForResource(self, call):
        return {"tags": self.tagged(call)["tags"]}


def shown_logs(enabled):
    on = [t for t in LOG_TYPES if t in enabled]
    off = [t for t in LOG_TYPES if t not in enabled]
    return {"clusterLogging": [{"types": types, "enabled": flag} for types, flag in ((on, True), (off, False)) if types]}


def check_scaling(scaling):
    if not 0 <= scaling["minSize"] <= scaling["desiredSize"] <= scaling["maxSize"] or scaling["maxSize"] < 1:
        raise bad_parameter(f"Minimum capacity {scaling['minSize']}, desired {scaling['desiredSize']} and maximum {scaling['maxSize']} do not fit together")
