"""The demo's mail catcher: every mail as its recipient would see it. Served in the demo environment only.

A mail is a stranger's document. It is shown in a frame without scripts, forms or network; its own styles
work there and nowhere else, and a link in it opens a new tab.
"""

from dataclasses import dataclass

from flask import Blueprint, Response, render_template, request

from surveyd.base.errors import NotFound
from surveyd.base.services import services
from surveyd.operations.catcher import CaughtMail, MailPage, list_mails, read_mail

bp = Blueprint("demo", __name__, url_prefix="/demo")

MAIL_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'none'; "
    "frame-ancestors 'self'; sandbox allow-popups allow-popups-to-escape-sandbox"
)
HEAD = "<head>"
NEW_TAB = '<base target="_blank">'


@dataclass(frozen=True, slots=True)
class MailsPage:
    """One page of the mails that were caught."""

    mails: MailPage
    to: str

    @property
    def title(self) -> str:
        """The page's answer."""
        count = self.mails.total
        return "1 mail was caught" if count == 1 else f"{count:,} mails were caught"


@bp.get("/mail", endpoint="mails")
def show_mails() -> str:
    """The mails, newest first; `to` narrows them to a recipient."""
    to, after = request.args.get("to", "").strip(), request.args.get("after")
    page = MailsPage(list_mails(services().config.data, after=after, to=to), to)
    return render_template("demo/mails.html", page=page)


@bp.get("/mail/<key>", endpoint="mail")
def show_mail(key: str) -> str:
    """One mail: as HTML, as text, and its headers."""
    return render_template("demo/mail.html", mail=_find(key), key=key)


@bp.get("/mail/<key>/html")
def mail_html(key: str) -> Response:
    """The HTML part alone, for the frame."""
    html = _find(key).html
    if not html:
        raise NotFound("mail", key)
    response = Response(html.replace(HEAD, HEAD + NEW_TAB, 1), mimetype="text/html")
    response.headers["Content-Security-Policy"] = MAIL_POLICY
    return response


def _find(key: str) -> CaughtMail:
    return read_mail(services().config.data, key)
