"""kc token and kc kubeconfig let the right identity into a real cluster, and nobody else."""
import base64
import datetime
import json

import botocore.auth
import botocore.awsrequest
import botocore.credentials
import pytest

from authenticator import STS


def who(eks, token):
    """As whom the API server knows the bearer of a token. None: it does not, and the second is what the authenticator says of him."""
    before = len(eks.authenticator.said())
    review = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}
    status, said = eks.cluster.request("POST", "/apis/authentication.k8s.io/v1/selfsubjectreviews", review, token=token)
    assert status in (201, 401)
    return (said["status"]["userInfo"]["username"], "") if status == 201 else (None, eks.authenticator.said()[before:])


def token(eks, cluster="payments", keys=None):
    return json.loads(eks.kc.ok("token", "--cluster", cluster, **(keys or eks.keys)))["status"]["token"]


def test_the_kubeconfig_of_an_applied_cluster_works(eks):
    done = eks.kubectl("auth", "whoami", "-o", "json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["status"]["userInfo"]["username"] == "sandbox"
    assert eks.kubectl("get", "nodes").returncode == 0


def test_a_token_says_which_session_of_which_role(eks):
    assert who(eks, token(eks)) == ("sandbox", "")
    assert who(eks, token(eks, keys=eks.assume("node", "i-0123456789abcdef0"))) == ("system:node:i-0123456789abcdef0", "")


def test_a_node_registers_itself_and_nobody_else(eks):
    def register(name):
        node = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": name}}
        return eks.kubectl("create", "-f", "-", keys=eks.assume("node", "i-00000000000000001"), input=json.dumps(node))

    done = register("i-00000000000000001")
    assert done.returncode == 0, done.stderr
    done = register("i-00000000000000002")
    assert done.returncode == 1 and 'node "i-00000000000000001" is not allowed to modify node "i-00000000000000002"' in done.stderr


def test_a_token_for_another_cluster_is_refused(eks):
    known, why = who(eks, token(eks, cluster="other"))
    assert known is None and "SignatureDoesNotMatch" in why


def test_an_identity_without_a_mapping_is_refused(eks):
    known, why = who(eks, token(eks, keys=eks.assume("stranger", "mallory")))
    assert known is None and "not mapped" in why
    done = eks.kubectl("get", "nodes", keys=eks.assume("stranger", "mallory"))
    assert done.returncode == 1 and "must be logged in" in done.stderr


def test_a_token_that_was_tampered_with_is_refused(eks):
    url = base64.urlsafe_b64decode(token(eks).removeprefix("k8s-aws-v1.") + "==").decode()
    spoilt = url[:-1] + ("0" if url[-1] != "0" else "1")
    known, why = who(eks, wrap(spoilt))
    assert known is None and "SignatureDoesNotMatch" in why
    known, why = who(eks, wrap(url.replace(STS, "sts.eu-west-1.example.com")))
    assert known is None and "unexpected hostname" in why


def wrap(url):
    return "k8s-aws-v1." + base64.urlsafe_b64encode(url.encode()).decode().rstrip("=")


@pytest.mark.parametrize("minutes, known", [(0, "sandbox"), (14, "sandbox"), (16, None)])
def test_a_token_ends(eks, monkeypatch, minutes, known):
    """kc signs for now; another client of AWS signs for then."""
    then = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(minutes=minutes)
    monkeypatch.setattr(botocore.auth, "get_current_datetime", lambda: then)
    keys = botocore.credentials.Credentials(eks.keys["AWS_ACCESS_KEY_ID"], eks.keys["AWS_SECRET_ACCESS_KEY"])
    request = botocore.awsrequest.AWSRequest("GET", f"https://{STS}/?Action=GetCallerIdentity&Version=2011-06-15", headers={"x-k8s-aws-id": "payments"})
    botocore.auth.SigV4QueryAuth(keys, "sts", "eu-west-1", expires=60).add_auth(request)
    name, why = who(eks, wrap(request.url))
    assert name == known
    assert known or "X-Amz-Date parameter is expired" in why
