"""What an anonymous questionnaire may not ask, since no answer leads back to a person."""

import pytest

from surveyd.base.errors import BadFile
from surveyd.forms.loading import load


@pytest.mark.parametrize(
    ("item", "reason"),
    [
        ("{id: me, kind: contact_details, text: You}", "item 'me' asks who somebody is"),
        ("{id: me, kind: short_text, text: 'Dear {contact|you}'}", "pages.one.me.text carries {contact}"),
        (
            "{id: me, kind: short_text, text: Why, help: 'At {account|us}'}",
            "pages.one.me.help carries {account}",
        ),
    ],
)
def test_an_anonymous_one_neither_asks_nor_says_who_it_is(item: str, reason: str) -> None:
    text = f"slug: a\ntitle: A\nlanguages: [en]\npages:\n  - {{id: one, title: One, items: [{item}]}}\n"
    assert load(text, "a.yaml")
    with pytest.raises(BadFile) as refused:
        load(f"anonymous: true\n{text}", "a.yaml")
    assert any(reason in fault.reason for fault in refused.value.faults)
