"""What the editor of a mail sends: the words as they are typed, and the frame that shows them as a mail."""

from dataclasses import dataclass

from flask import Response, request
from flask_babel import gettext as _
from markupsafe import Markup, escape
from sqlalchemy.orm import Session

from surveyd.base.errors import Fault
from surveyd.base.services import services
from surveyd.distribution.mail_checks import Draft, check, compiled
from surveyd.distribution.mail_templates import Place
from surveyd.distribution.mail_tests import EXAMPLE, Addressee, find_addressee, show
from surveyd.web.access import reader
from surveyd.web.filters import number

FRAME_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'none'; base-uri 'none'; "
    "frame-ancestors 'self'"
)
"""The frame itself is a sandbox without scripts; a picture from elsewhere is shown to recipients only."""
SUBJECT, TEXT, SOURCE = "text.subject", "text.text", "text.source"
SHAPES = ("phone", "desk", "text")
PAGE = Markup(
    '<!doctype html>\n<html><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
    "<style>body {{ margin: 16px; font: 16px/1.5 system-ui, sans-serif; color-scheme: light dark; }} "
    "pre {{ white-space: pre-wrap; overflow-wrap: anywhere; font: inherit; }}</style></head>"
    '<body dir="auto">{}</body></html>'
)
NOTES = Markup(
    '<ul style="margin: 0; padding: 12px 16px 12px 32px; background: #fdf3d8; color: #1a2330; '
    'font: 14px/1.5 system-ui, sans-serif; text-align: start;">{}</ul>'
)


@dataclass(frozen=True, slots=True)
class Typed:
    """The editor's fields as they were sent: the words, as whom to show them, and in which shape."""

    draft: Draft
    seen: int
    search: str
    shape: str
    addresses: list[str]


def typed_draft() -> Typed:
    """What the form sent, with the line ends of a file."""
    shape = request.form.get("show", "")
    return Typed(
        draft=Draft(_field(SUBJECT).strip(), _field(TEXT), _field(SOURCE)),
        seen=request.form.get("seen", 0, type=int),
        search=_field("as").strip()[:100],
        shape=shape if shape in SHAPES else SHAPES[0],
        addresses=_field("to").splitlines(),
    )


def drawn_mail(session: Session, place: Place, typed: Typed) -> Response:
    """The mail as it is typed, with what must be mended above it."""
    body = compiled(typed.draft)
    if body.faults:
        return framed_page(PAGE.format(_notes(body.faults)))
    to = addressee(session, typed.search)
    faults = check(typed.draft, place.mail).faults
    notes = [*([] if to else [_nobody(typed.search)]), *map(said, faults)]
    words = show(
        session,
        place,
        body.template(typed.draft, place.language),
        to=to or EXAMPLE,
        now=services().clock.now(),
        base_url=services().config.base_url,
    )
    above = _list(notes) if notes else Markup("")
    if typed.shape == "text":
        facts = Markup("<p><b>{}</b></p><pre>{}</pre>").format(words.subject, words.text)
        return framed_page(PAGE.format(above + facts))
    return framed_page(str(above) + words.html if notes else words.html)


def addressee(session: Session, search: str) -> Addressee | None:
    """As whom the mail is shown: the example without a search, None when nobody is found."""
    return find_addressee(session, search, scope=reader().scope) if search else EXAMPLE


def framed_page(html: str, status: int = 200) -> Response:
    """An answer for the editor's frame: nothing in it runs, and no other site may frame it."""
    response = Response(html, status, mimetype="text/html")
    response.headers["Content-Security-Policy"] = FRAME_POLICY
    return response


def told(words: str, status: int = 200) -> Response:
    """One sentence in the frame."""
    return framed_page(PAGE.format(Markup('<p role="status">{}</p>').format(words)), status)


def refused(faults: tuple[Fault, ...]) -> Response:
    """What must be mended, in the frame."""
    return framed_page(PAGE.format(_notes(faults)), 422)


def said(fault: Fault) -> str:
    """A fault with its place, as a sentence."""
    parts = {"subject": _("Subject"), "text": _("Plain text"), "html": _("HTML")}
    part = parts.get(fault.file, fault.file)
    if not fault.line:
        return f"{part}: {fault.reason}"
    return _("%(part)s, line %(line)s: %(reason)s", part=part, line=number(fault.line), reason=fault.reason)


def _nobody(search: str) -> str:
    return _("No contact has %(words)s in name or address; this is an example.", words=search)


def _notes(faults: tuple[Fault, ...]) -> Markup:
    return _list([said(fault) for fault in faults])


def _list(notes: list[str]) -> Markup:
    return NOTES.format(Markup("").join(Markup("<li>{}</li>").format(escape(note)) for note in notes))


def _field(name: str) -> str:
    return request.form.get(name, "").replace("\0", "").replace("\r\n", "\n").replace("\r", "\n")
