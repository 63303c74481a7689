"""Endpoints of every service in every region, with and without FIPS and dual stack: those of botocore's rule sets."""
import botocore.exceptions
import pytest
from botocore.endpoint_provider import EndpointProvider

from catalogue import LOADER, OPERATIONS, service_model


def regions():
    for partition in LOADER.load_data("partitions")["partitions"]:
        for region in partition["regions"]:
            if not region.endswith("-global"):
                yield region


def static_parameters(service, provider):
    """What the model fixes for its operations and the rules demand: ACM's kind of service."""
    demanded = {p.name for p in provider.ruleset.parameters.values() if p.required and p.builtin is None and p.default is None}
    operation = service_model(service).operation_model(OPERATIONS[service][0])
    return {p.name: p.value for p in operation.static_context_parameters if p.name in demanded}


@pytest.mark.parametrize("service", OPERATIONS)
def test_endpoints_are_those_of_the_rule_sets(oracle, service):
    provider = EndpointProvider(LOADER.load_service_model(service, "endpoint-rule-set-1"), LOADER.load_data("partitions"))
    static = static_parameters(service, provider)
    wrong = []
    for region in regions():
        for fips in (False, True):
            for dualstack in (False, True):
                flags = {"Region": region, "UseFIPS": fips, "UseDualStack": dualstack, **static}
                try:
                    found = provider.resolve_endpoint(**flags)
                    schemes = found.properties.get("authSchemes") or [{}]
                    want = (found.url, schemes[0].get("signingRegion", region))
                except botocore.exceptions.BotoCoreError:
                    want = None
                got = oracle.ask("endpoint", service=service, region=region, fips=fips, dualstack=dualstack)
                have = None if "why" in got else (got["url"], got["sign_region"])
                if have != want:
                    wrong.append((flags, have, want))
    assert not wrong, f"{len(wrong)}: {wrong[:4]}"
