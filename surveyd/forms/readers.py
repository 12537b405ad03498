"""The WTForms fields that read a page's answers, made once an item: making costs more than reading."""

from collections.abc import Iterable

from wtforms import Field
from wtforms.form import BaseForm

from surveyd.forms.definition import Item
from surveyd.forms.fields import kind_of

KEPT_FIELDS = 2048
ALONE = BaseForm({})
"""What a field is validated in: none of ours looks at its neighbours."""

# By the item itself, which is kept beside its field so that no other one takes its identity.
_made: dict[int, tuple[Item, Field]] = {}


def fields_of(items: Iterable[Item]) -> list[Field]:
    """A field for each of the items, by its id: nobody else's, and with nothing read yet."""
    return [_copy(_field(item)) for item in items]


def _field(item: Item) -> Field:
    found = _made.get(id(item))
    if found is None:
        if len(_made) >= KEPT_FIELDS:
            _made.clear()
        found = _made[id(item)] = (item, BaseForm({item.id: kind_of(item).field(item)})[item.id])
    return found[1]


def _copy(field: Field) -> Field:
    # What a field has read it sets anew, never changes in place; and its class makes no plain copies itself.
    fresh: Field = object.__new__(type(field))
    fresh.__dict__.update(field.__dict__)
    return fresh
