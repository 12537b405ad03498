"""The templates, to read: every mail in every language, as a recipient would see it with example values."""

from dataclasses import dataclass

from flask import Response, render_template, request
from flask_babel import lazy_gettext, ngettext

from surveyd.base.services import services
from surveyd.distribution.mail_examples import MailKind, example_of, find_mail, list_mails
from surveyd.distribution.mails import Words
from surveyd.web.filters import number
from surveyd.web.mail_frame import framed
from surveyd.web.staff.frame import bp

ABOUT = {
    "invitation": lazy_gettext("asks a contact, on day 0 of a wave"),
    "reminder": lazy_gettext("asks once more, on day 14, who has not answered"),
    "thank_you": lazy_gettext("thanks for an answer, with its receipt"),
    "letter": lazy_gettext("tells what has changed, after a wave"),
    "case_alert": lazy_gettext("tells the case owner that somebody waits for a call"),
    "case_handed_over": lazy_gettext("tells a colleague that a case is theirs now"),
    "case_overdue": lazy_gettext("tells that nobody has called in time"),
    "case_solved": lazy_gettext("asks whether a closed case is solved"),
    "case_reopened": lazy_gettext("tells the case owner that a closed case is not solved"),
    "call_handed_over": lazy_gettext("tells a colleague that a call is theirs to make"),
    "wrong_number": lazy_gettext("tells the account manager that a number is wrong"),
    "not_right_person": lazy_gettext("tells the account manager that somebody else is to be asked"),
    "contacts_to_confirm": lazy_gettext("asks the account manager to look through their contacts"),
    "contacts_reminder": lazy_gettext("reminds the account manager of contacts to look through"),
    "wave_summary": lazy_gettext("tells all staff what a wave has brought"),
    "alarm": lazy_gettext("tells the admins that something is red"),
    "wave_paused": lazy_gettext("tells the admins that a wave stands still"),
    "welcome": lazy_gettext("brings a new user the link to choose a password"),
    "password_reset": lazy_gettext("brings the link to choose a new password"),
}


@dataclass(frozen=True, slots=True)
class TemplatesPage:
    """Every mail."""

    mails: tuple[MailKind, ...]

    @property
    def title(self) -> str:
        """The page's answer."""
        count = len(self.mails)
        return ngettext(
            "1 mail is sent by surveyd", "%(n)s mails are sent by surveyd", count, n=number(count)
        )


@dataclass(frozen=True, slots=True)
class TemplatePage:
    """One mail in one language."""

    kind: MailKind
    language: str
    words: Words


@bp.get("/templates")
def templates() -> str:
    """The mails by name."""
    page = TemplatesPage(list_mails())
    return render_template("staff/templates.html", page=page, about=ABOUT)


@bp.get("/templates/<mail>")
def template(mail: str) -> str:
    """One mail with example values, in the language of the address, else in English."""
    kind, language = find_mail(mail), request.args.get("language", "en")
    page = TemplatePage(kind, language, _example(mail, language))
    return render_template("staff/template.html", page=page, about=ABOUT)


@bp.get("/templates/<mail>/<language>.html")
def template_html(mail: str, language: str) -> Response:
    """The HTML part alone, for the frame."""
    return framed(_example(mail, language).html)


def _example(mail: str, language: str) -> Words:
    return example_of(mail, language, base_url=services().config.base_url)
