"""Changes to a questionnaire, each a new questionnaire: what the page for editing is made of.

Every change goes through the loader, so that nothing comes out that could not be published as a file:
BadFile names each fault with its place. A place is a path by ids: `pages.reason` is a page,
`pages.reason.why` an item, `pages.reason.why.text` a text.
"""

from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, replace
from typing import Any, cast

from surveyd.base.errors import Fault, NotFound
from surveyd.forms.definition import CATEGORIES, Questionnaire, Texts
from surveyd.forms.loading import modules
from surveyd.forms.reading import read_questionnaire
from surveyd.forms.source import read_data

Data = dict[str, Any]
OPTIONAL = ("intro", "help", "label")
SCALE_ENDS = ("low_end", "high_end")


@dataclass(frozen=True, slots=True)
class TextPlace:
    """One text to write: its path by ids, and what stands there. An optional one may be empty everywhere.

    `part` is the path of the page or item that it belongs to, `key` the rest; `others` counts the items whose
    scale is the same, and changes along.
    """

    path: str
    part: str
    key: str
    texts: Texts
    optional: bool = False
    others: int = 0

    @property
    def page(self) -> str:
        """The id of the page on which it stands; empty for the questionnaire's own title."""
        return self.part.split(".")[1] if self.part else ""


def text_places(questionnaire: Questionnaire) -> tuple[TextPlace, ...]:
    """Every text that can be written, in the order of the pages; a scale's ends once."""
    found: dict[str, TextPlace] = {}
    for slot in _slots(_data(questionnaire)):
        known = found.get(slot.path)
        if known:
            found[slot.path] = replace(known, others=known.others + 1)
        else:
            part, key = slot.path[: len(slot.path) - len(slot.key)].rstrip("."), slot.key
            found[slot.path] = TextPlace(slot.path, part, key, slot.texts, _last(key) in OPTIONAL)
    return tuple(found.values())


def with_texts(questionnaire: Questionnaire, language: str, texts: Mapping[str, str]) -> Questionnaire:
    """With these texts of `language`, by path; an empty one is taken away.

    In the first language, an optional text that is emptied goes in every language. A native speaker's mark
    goes with the first text of the language that changes. Raises NotFound for a path that has no text, and
    BadFile: `beside` says which text each fault belongs to.
    """
    data = _data(questionnaire)
    known = set()
    for slot in _slots(data):
        known.add(slot.path)
        if slot.path in texts and slot.texts.get(language, "") != texts[slot.path].strip():
            slot.write(language, texts[slot.path].strip(), first=questionnaire.languages[0])
            _unsign(data, language)
    for path in texts:
        if path not in known:
            raise NotFound("text", path)
    return _read(data)


def beside(questionnaire: Questionnaire, faults: tuple[Fault, ...]) -> tuple[dict[str, str], list[str]]:
    """The faults of a changed questionnaire by the path of the text they belong to; and the rest of them.

    `questionnaire` is the one that was to be changed: a text's place in it is its place afterwards.
    """
    places = {slot.where: slot.path for slot in _slots(_data(questionnaire))}
    by_path: dict[str, str] = {}
    rest = []
    for fault in faults:
        where = fault.column
        path = places.get(where) or places.get(where.rpartition(".")[0])
        if path is None:
            rest.append(f"{where}: {fault.reason}" if where else fault.reason)
        else:
            by_path.setdefault(path, fault.reason)
    return by_path, rest


def with_language(questionnaire: Questionnaire, language: str, register: str) -> Questionnaire:
    """With one more language, none of whose texts is there yet; `register` says how it speaks."""
    data = _data(questionnaire)
    data["languages"] = [*questionnaire.languages, language]
    data.setdefault("translations", {})[language] = {"register": register}
    return _read(data)


def signed(questionnaire: Questionnaire, language: str, name: str) -> Questionnaire:
    """With the texts of `language` signed by a native speaker of that name; no name takes the mark away."""
    data = _data(questionnaire)
    spoken = data.setdefault("translations", {}).setdefault(language, {"register": "not stated"})
    spoken["reviewed_by"] = name
    return _read(data)


def required(questionnaire: Questionnaire, place: str, *, needed: bool) -> Questionnaire:
    """With the item at `place` required, or not."""
    data = _data(questionnaire)
    parts, index = _find(data, place)
    # What a battery requires, each of its statements does.
    for part in (parts[index], *parts[index].get("statements", ())):
        part["required"] = needed
    return _read(data)


def moved(questionnaire: Questionnaire, place: str, steps: int) -> Questionnaire:
    """With the page, item or statement at `place` so many `steps` further down (up when negative)."""
    data = _data(questionnaire)
    parts, index = _find(data, place)
    part = parts.pop(index)
    parts.insert(max(index + steps, 0), part)
    return _read(data)


def without(questionnaire: Questionnaire, place: str) -> Questionnaire:
    """Without the page, item or statement at `place`; a page whose last item goes, goes too."""
    data = _data(questionnaire)
    parts, index = _find(data, place)
    del parts[index]
    if not parts and place.count("."):
        return without(questionnaire, place.rpartition(".")[0])
    return _read(data)


def with_module(questionnaire: Questionnaire, module: str) -> Questionnaire:
    """With the pages of a module at the end."""
    data = _data(questionnaire)
    data["pages"] = [*data["pages"], {"module": module}]
    return _read(data)


@dataclass(frozen=True, slots=True)
class _Slot:
    """Where one text stands: under `name` in `holder`; `where` is its path in the loader's words."""

    path: str
    where: str
    key: str
    holder: Data
    name: str

    @property
    def texts(self) -> Texts:
        return cast(Texts, self.holder.get(self.name) or {})

    def write(self, language: str, text: str, *, first: str) -> None:
        texts = dict(self.texts)
        if text:
            texts[language] = text
        elif language == first and _last(self.key) in OPTIONAL:
            texts = {}
        elif language == first:
            texts[language] = ""
        else:
            texts.pop(language, None)
        self.holder[self.name] = texts
        if not texts:
            del self.holder[self.name]


def _slots(data: Data) -> Iterator[_Slot]:
    """Every text in the data. The ends of one scale have the path of the item that has it first."""
    yield _Slot("title", "title", "title", data, "title")
    scales: list[tuple[Data, str]] = []
    for number, page in enumerate(data["pages"]):
        path, where = f"pages.{page['id']}", f"pages[{number}]"
        for key in ("title", "intro"):
            yield _Slot(f"{path}.{key}", f"{where}.{key}", key, page, key)
        for at, item in enumerate(page["items"]):
            yield from _item_slots(item, f"{path}.{item['id']}", f"{where}.items[{at}]", scales)


def _item_slots(item: Data, path: str, where: str, scales: list[tuple[Data, str]]) -> Iterator[_Slot]:
    yield _Slot(f"{path}.text", f"{where}.text", "text", item, "text")
    for category in CATEGORIES:
        if category in item.get("text_for", {}):
            key = f"text_for.{category}"
            yield _Slot(f"{path}.{key}", f"{where}.{key}", key, item["text_for"], category)
    for key in ("help", "label"):
        yield _Slot(f"{path}.{key}", f"{where}.{key}", key, item, key)
    if "scale" in item:
        yield from _scale_slots(item["scale"], path, f"{where}.scale", scales)
    for number, option in enumerate(item.get("options", ())):
        key = f"options.{option['value']}"
        yield _Slot(f"{path}.{key}", f"{where}.options[{number}].text", key, option, "text")
    for number, statement in enumerate(item.get("statements", ())):
        yield from _item_slots(
            statement, f"{path}.{statement['id']}", f"{where}.statements[{number}]", scales
        )


def _scale_slots(scale: Data, path: str, where: str, scales: list[tuple[Data, str]]) -> Iterator[_Slot]:
    known = next((at for each, at in scales if each == scale), path)
    if known == path:
        # A copy: what is compared must not change while the texts are written.
        scales.append((deepcopy(scale), path))
    for key in SCALE_ENDS:
        yield _Slot(f"{known}.scale.{key}", f"{where}.{key}", f"scale.{key}", scale, key)


def _find(data: Data, place: str) -> tuple[list[Data], int]:
    """The list in which the part at `place` stands, and where in it. Raises NotFound."""
    ids = place.split(".")[1:]
    parts: list[Data] = []
    index, holder = 0, data
    for name, key in zip(ids, ("pages", "items", "statements"), strict=False):
        parts = holder.get(key, [])
        found = next((at for at, part in enumerate(parts) if part["id"] == name), None)
        if found is None:
            raise NotFound("part of the questionnaire", place)
        index, holder = found, parts[found]
    if not parts or not 1 <= len(ids) <= len(("pages", "items", "statements")):
        raise NotFound("part of the questionnaire", place)
    return parts, index


def _unsign(data: Data, language: str) -> None:
    spoken = data.get("translations", {}).get(language)
    if spoken:
        spoken.pop("reviewed_by", None)


def _last(key: str) -> str:
    return key.rpartition(".")[2]


def _data(questionnaire: Questionnaire) -> Data:
    """The questionnaire as data of one's own, to change."""
    return deepcopy(cast(Data, questionnaire.data()))


def _read(data: Data) -> Questionnaire:
    return read_questionnaire(read_data(data, "the edit"), modules())


Change = Callable[[Questionnaire], Questionnaire]
"""What is done to an edit, whatever it has become meanwhile. Raises BadFile or NotFound."""
