"""What is in the account, read with boto3 alone, in a form that can be compared."""
OWNER = ("kc:lineage", "kc:addr", "kc:gen", "kc:token")


def tags_of(listed):
    return {t["Key"]: t["Value"] for t in listed or []}


def own(tags):
    """Tags without those by which kc knows its things."""
    return {k: v for k, v in tags.items() if k not in OWNER}


class Account:
    def __init__(self, client):
        self.ec2, self.iam, self.eks = client("ec2"), client("iam"), client("eks")

    def vpcs(self):
        return [v for v in self.ec2.describe_vpcs()["Vpcs"] if not v["IsDefault"]]

    def vpc_attribute(self, vpc, name):
        return self.ec2.describe_vpc_attribute(VpcId=vpc, Attribute=name)[name[0].upper() + name[1:]]["Value"]

    def subnets(self):
        return [s for s in self.ec2.describe_subnets()["Subnets"] if not s["DefaultForAz"]]

    def gateways(self):
        return self.ec2.describe_internet_gateways()["InternetGateways"]

    def tables(self):
        """Those that are not a VPC's main one."""
        tables = self.ec2.describe_route_tables()["RouteTables"]
        return [t for t in tables if not any(a.get("Main") for a in t["Associations"])]

    def nats(self):
        return [n for n in self.ec2.describe_nat_gateways()["NatGateways"] if n["State"] != "deleted"]

    def addresses(self):
        return self.ec2.describe_addresses()["Addresses"]

    def groups(self):
        return [g for g in self.ec2.describe_security_groups()["SecurityGroups"] if g["GroupName"] != "default"]

    def templates(self):
        return self.ec2.describe_launch_templates()["LaunchTemplates"]

    def template_data(self, ident):
        return self.ec2.describe_launch_template_versions(LaunchTemplateId=ident, Versions=["$Latest"])["LaunchTemplateVersions"][0]["LaunchTemplateData"]

    def roles(self):
        """Name -> (trust policy, names of attached policies, tags)."""
        out = {}
        for role in self.iam.list_roles()["Roles"]:
            name, trust = role["RoleName"], role["AssumeRolePolicyDocument"]
            attached = sorted(p["PolicyName"] for p in self.iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"])
            out[name] = (trust, attached, tags_of(self.iam.list_role_tags(RoleName=name)["Tags"]))
        return out

    def providers(self):
        arns = [p["Arn"] for p in self.iam.list_open_id_connect_providers()["OpenIDConnectProviderList"]]
        return [self.iam.get_open_id_connect_provider(OpenIDConnectProviderArn=a) for a in arns]

    def clusters(self):
        return {n: self.eks.describe_cluster(name=n)["cluster"] for n in self.eks.list_clusters()["clusters"]}

    def nodegroups(self, cluster):
        names = self.eks.list_nodegroups(clusterName=cluster)["nodegroups"]
        return {n: self.eks.describe_nodegroup(clusterName=cluster, nodegroupName=n)["nodegroup"] for n in names}

    def addons(self, cluster):
        return {n: self.eks.describe_addon(clusterName=cluster, addonName=n)["addon"] for n in self.eks.list_addons(clusterName=cluster)["addons"]}

    def entries(self, cluster):
        arns = self.eks.list_access_entries(clusterName=cluster)["accessEntries"]
        return {a: self.eks.describe_access_entry(clusterName=cluster, principalArn=a)["accessEntry"] for a in arns}

    def policies(self, cluster, principal):
        found = self.eks.list_associated_access_policies(clusterName=cluster, principalArn=principal)["associatedAccessPolicies"]
        return {p["policyArn"].rpartition("/")[2]: p["accessScope"]["type"] for p in found}

    def counts(self):
        """How many things of each kind there are."""
        clusters = self.clusters()
        return {"vpcs": len(self.vpcs()), "subnets": len(self.subnets()), "gateways": len(self.gateways()), "tables": len(self.tables()), "nats": len(self.nats()),
                "addresses": len(self.addresses()), "groups": len(self.groups()), "templates": len(self.templates()), "roles": len(self.roles()),
                "providers": len(self.providers()), "clusters": len(clusters), "nodegroups": sum(len(self.nodegroups(c)) for c in clusters),
                "addons": sum(len(self.addons(c)) for c in clusters)}
