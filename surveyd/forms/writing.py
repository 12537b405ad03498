"""Writes a questionnaire as the YAML that people edit: loaded again, it is the same version."""

import json
from collections import Counter
from collections.abc import Mapping
from typing import Any, cast

import yaml

from surveyd.forms.definition import Questionnaire, Scale
from surveyd.forms.reference import PARTS

Data = dict[str, Any]
SCHEMA_LINE = "# yaml-language-server: $schema=./schema.json\n"
WIDTH = 110
ONE_LINE = 80
"""A mapping or list of plain values up to this length stands on one line."""


def as_yaml(questionnaire: Questionnaire) -> str:
    """The questionnaire as YAML; scales that more than one item uses are named once."""
    names = _scale_names(questionnaire)
    data = _ordered(_plain(questionnaire.data()), "questionnaire")
    if names:
        scales = {name: _plain(scale.data()) for name, scale in names.values()}
        data = {key: value for key, value in data.items() if key != "pages"} | {
            "scales": scales,
            "pages": data["pages"],
        }
    data["pages"] = [_page(page, names) for page in data["pages"]]
    return SCHEMA_LINE + yaml.dump(
        data, Dumper=_Dumper, sort_keys=False, allow_unicode=True, default_flow_style=False, width=WIDTH
    )


def _page(page: Data, names: Mapping[str, tuple[str, Scale]]) -> Data:
    items = [_item(item, "item", names) for item in page["items"]]
    return _ordered(page, "page") | {"items": items}


def _item(item: Data, part: str, names: Mapping[str, tuple[str, Scale]]) -> Data:
    found = _ordered(item, part)
    if "scale" in found and _key(found["scale"]) in names:
        found["scale"] = names[_key(found["scale"])][0]
    if "statements" in found:
        found["statements"] = [_item(each, "statement", names) for each in found["statements"]]
    return found


def _scale_names(questionnaire: Questionnaire) -> Mapping[str, tuple[str, Scale]]:
    """The scales that stand more than once, each with a name, by what they hold."""
    scales = [block.scale for block in questionnaire.blocks.values() if block.scale]
    count = Counter(_key(scale.data()) for scale in scales)
    names: dict[str, tuple[str, Scale]] = {}
    taken: Counter[str] = Counter()
    for scale in scales:
        key = _key(scale.data())
        if count[key] > 1 and key not in names:
            name = f"from_{scale.low}_to_{scale.high}".replace("-", "minus_")
            taken[name] += 1
            names[key] = (name if taken[name] == 1 else f"{name}_{taken[name]}", scale)
    return names


def _key(scale: object) -> str:
    return json.dumps(scale, sort_keys=True)


def _ordered(data: Data, part: str) -> Data:
    """The same data with its keys in the order of the reference."""
    order = [key.name for key in PARTS[part].keys]
    return {key: data[key] for key in sorted(data, key=order.index)}


def _plain(data: object) -> Data:
    return cast(Data, json.loads(json.dumps(data)))


class _Dumper(yaml.SafeDumper):
    """Indents lists, and puts what is short on one line."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)

    def ignore_aliases(self, data: object) -> bool:
        return True

    def represent_short(self, data: Any) -> yaml.Node:
        """A mapping or list; on one line when it is short and plain."""
        is_mapping = isinstance(data, dict)
        node = self.represent_dict(data) if is_mapping else self.represent_list(data)
        inner = data.values() if is_mapping else data
        node.flow_style = not any(isinstance(each, dict | list) for each in inner) and (
            len(json.dumps(data, ensure_ascii=False)) <= ONE_LINE
        )
        return node


_Dumper.add_representer(dict, _Dumper.represent_short)
_Dumper.add_representer(list, _Dumper.represent_short)
