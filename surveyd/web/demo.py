"""The demo's mail catcher: every mail as its recipient would see it. Served in the demo environment only."""

from dataclasses import dataclass

from flask import Blueprint, Response, render_template, request

from surveyd.base.errors import NotFound
from surveyd.base.services import services
from surveyd.operations.catcher import CaughtMail, MailPage, list_mails, read_mail
from surveyd.web.mail_frame import framed

bp = Blueprint("demo", __name__, url_prefix="/demo")


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
    return framed(html)


def _find(key: str) -> CaughtMail:
    return read_mail(services().config.data, key)
