import os
import sys

import pytest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(os.path.dirname(os.path.dirname(HERE)), "tools")]

from oracle import Oracle  # noqa: E402


@pytest.fixture(scope="session")
def oracle():
    o = Oracle()
    yield o
    o.close()
