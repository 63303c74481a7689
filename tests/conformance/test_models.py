"""The committed models are what the pinned botocore gives."""
import models
from catalogue import OPERATIONS


def test_committed_models_are_those_of_the_pinned_botocore():
    assert models.differing(models.generate()) == []


def test_the_list_is_whole():
    assert len(OPERATIONS) >= 20
    assert sum(len(ops) for ops in OPERATIONS.values()) >= 470
