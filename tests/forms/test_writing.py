"""A questionnaire as a file, and back."""

import pytest

from surveyd.forms.loading import load, shipped, shipped_names
from surveyd.forms.writing import as_yaml


@pytest.mark.parametrize("name", shipped_names())
def test_what_is_written_reads_as_the_same_version(name: str) -> None:
    found = shipped(name)
    text = as_yaml(found)
    assert load(text, "file.yaml").digest == found.digest
    assert "&id" not in text


def test_a_scale_of_several_items_stands_there_once() -> None:
    assert as_yaml(shipped("relational")).count("low_end:") <= 4
