"""Writes endpoints.txt: the endpoint of each service, region, FIPS and dualstack setting, as botocore's own rules resolve it.
One line each: service region flags url signing-region ("-" where botocore refuses). Run with the pinned botocore:
    python3 tests/data/endpoints.py > tests/data/endpoints.txt
"""
import json
import os
import botocore
import botocore.session
from botocore.endpoint_provider import EndpointProvider
from botocore.exceptions import EndpointProviderError

SERVICES = {  # name in kc -> name in botocore
    "ec2": "ec2", "eks": "eks", "iam": "iam", "sts": "sts", "autoscaling": "autoscaling", "elbv2": "elbv2", "s3": "s3",
    "route53": "route53", "kms": "kms", "ssm": "ssm", "secretsmanager": "secretsmanager", "sqs": "sqs", "events": "events",
    "logs": "logs", "ecr": "ecr", "acm": "acm", "resourcegroupstaggingapi": "resourcegroupstaggingapi", "service-quotas": "service-quotas",
}
REGIONS = ["us-east-1", "us-west-2", "eu-west-1", "ap-southeast-7", "eu-newland-9", "cn-north-1", "cn-northwest-1", "us-gov-east-1",
           "us-gov-west-1", "us-iso-east-1", "us-isob-east-1", "eu-isoe-west-1", "us-isof-south-1", "eusc-de-east-1"]
session = botocore.session.Session()
loader = session.get_component("data_loader")
partitions = loader.load_data("partitions")
for name, service in SERVICES.items():
    rules = loader.load_service_model(service, "endpoint-rule-set-1")
    for region in REGIONS:
        for fips in (False, True):
            for dual in (False, True):
                flags = (("f" if fips else "") + ("d" if dual else "")) or "."
                params = {"Region": region, "UseFIPS": fips, "UseDualStack": dual}
                if service == "sts":
                    params["UseGlobalEndpoint"] = False
                if service == "s3":
                    params["ForcePathStyle"] = False
                try:
                    e = EndpointProvider(rules, partitions).resolve_endpoint(**params)
                    auth = (e.properties.get("authSchemes") or [{}])[0]
                    print(name, region, flags, e.url, auth.get("signingRegion", region))
                except EndpointProviderError as x:
                    print(name, region, flags, "-", "-")
