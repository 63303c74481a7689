"""The committed models, and the page about members, are what the pinned botocore gives."""
import members
import models
from catalogue import OPERATIONS


def test_committed_models_are_those_of_the_pinned_botocore():
    assert models.differing(models.generate()) == []


def test_the_list_is_whole():
    assert len(OPERATIONS) >= 20
    assert sum(len(ops) for ops in OPERATIONS.values()) >= 470


def test_the_page_about_members_is_that_of_the_library_and_of_the_pinned_botocore():
    text, _ = members.generate()
    with open(members.PAGE, encoding="utf-8") as f:
        assert f.read() == text, "run `make models`"


def test_nothing_is_replaced_that_aws_changes_in_place():
    assert members.generate()[1] == []
