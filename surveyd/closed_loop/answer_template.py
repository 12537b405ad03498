"""A file to fill in with answers from paper: the headings, and one row as an example."""

import csv
import io

from sqlalchemy.orm import Session

from surveyd.closed_loop.answer_columns import own_names, template_headings
from surveyd.closed_loop.answer_rows import questionnaire_of
from surveyd.distribution.models import Wave
from surveyd.forms.definition import Item
from surveyd.forms.fields import kind_of

EXAMPLES = {"contact": "C-1001", "email": "", "given_at": "2026-03-31", "channel_note": "paper"}
TYPED = {"date": "2026-03-31", "email": "somebody@example.com", "phone": "+49 30 1234567"}
IN_WORDS = "in their own words"


def template_of(session: Session, wave: Wave) -> str:
    """The template as CSV: it can be read by the import, which says that it does not know the example."""
    questionnaire = questionnaire_of(session, wave.version_id)
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(template_headings(questionnaire))
    examples = (_example(item) for item in questionnaire.items.values())
    writer.writerow([*(EXAMPLES[name] for name in own_names()), *examples])
    return out.getvalue()


def _example(item: Item) -> str:
    choices = list(kind_of(item).choices(item))
    if item.scale is not None:
        return str(item.scale.high)
    if choices:
        return choices[0]
    if item.kind == "number":
        return f"{item.minimum if item.minimum is not None else 0:g}"
    return TYPED.get(item.kind, IN_WORDS if item.measures == "verbatim" else "")
