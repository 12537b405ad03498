"""The page about writing a questionnaire is right: its example loads, and every key and kind stands in it."""

import re

from surveyd.base.config import HOME
from surveyd.forms.definition import MEASURES, PIPES
from surveyd.forms.fields import KINDS, SHARED_KEYS
from surveyd.forms.loading import load, shipped_names

PAGE = (HOME / "docs" / "questionnaires.md").read_text(encoding="utf-8")


def test_the_example_is_a_questionnaire() -> None:
    example = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    assert len(example) == 1
    assert list(load(example[0], "example.yaml").items) == ["on_time"]


def test_every_key_kind_and_name_is_explained() -> None:
    keys = SHARED_KEYS.union(*(kind.keys for kind in KINDS.values()))
    measures = {measure.partition(":")[0] for measure in MEASURES} - {"stage"}
    words = set(re.findall(r"`\{?([a-z_]+)\}?`", PAGE))
    assert words >= keys | set(KINDS) | set(PIPES) | measures | set(shipped_names())
