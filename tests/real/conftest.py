import os
import sys

import pytest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(os.path.dirname(HERE), "conformance")]

from cluster import Cluster  # noqa: E402
from eks import Eks  # noqa: E402
from kubeadm import Kubeadm  # noqa: E402


@pytest.fixture(scope="session")
def kubeadm(tmp_path_factory):
    """A control plane as kubeadm makes it: certificates and keys in `kubeadm.pki`."""
    made = Kubeadm(tmp_path_factory.mktemp("kubeadm"))
    made.certificates()
    return made


@pytest.fixture(scope="session")
def cluster(tmp_path_factory):
    made = Cluster(tmp_path_factory.mktemp("cluster"))
    try:
        made.start()
        yield made
    finally:
        made.close()


@pytest.fixture(scope="session")
def eks(tmp_path_factory):
    made = Eks(tmp_path_factory.mktemp("eks"))
    yield made
    made.close()
