"""Who asked not to be mailed, at all or of one program; staff ask them again only on their own word."""

from dataclasses import dataclass

from flask import redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext, ngettext
from werkzeug.wrappers import Response
from wtforms import Form, HiddenField, StringField
from wtforms.validators import InputRequired, Length

from surveyd.base.database import reading, writing
from surveyd.base.errors import Refused
from surveyd.base.keyset import Wanted
from surveyd.base.services import services
from surveyd.distribution import opt_outs as people
from surveyd.distribution.stop_lists import PEOPLE_SORTS, OptedOutPage, list_opted_out
from surveyd.people.contacts import find_contact
from surveyd.web.access import reader
from surveyd.web.filters import number
from surveyd.web.staff.frame import bp
from surveyd.web.staff.lists import wanted

LONGEST_ID = 18
MOST_OTHERS = 10_000


class AgainForm(Form):
    """How they told us that they want to be asked again, and of which program; none means all."""

    program = HiddenField()
    reason = StringField(
        validators=[
            InputRequired(lazy_gettext("Say in a few words how they told you; it is kept.")),
            Length(max=people.REASON_LIMIT, message=lazy_gettext("Shorten the reason a little.")),
        ]
    )

    @property
    def program_id(self) -> int | None:
        """The program that is meant, None for all."""
        typed = self.program.data or ""
        return int(typed) if typed.isascii() and typed.isdigit() and len(typed) <= LONGEST_ID else None


@dataclass(frozen=True, slots=True)
class OptOutsPage:
    """Some people; `wrong` is what was wrong with the form of contact `wrong_id`."""

    found: OptedOutPage
    wish: Wanted
    told: str
    wrong: str
    wrong_id: int

    @property
    def title(self) -> str:
        """The page's answer."""
        if not self.found.total:
            return _("Nobody is like that") if self.wish.is_narrowed else _("Nobody asked not to be mailed")
        n = self.found.total
        return ngettext(
            "1 person asked not to be mailed", "%(n)s people asked not to be mailed", n, n=number(n)
        )


@bp.get("/opt-outs")
def opt_outs() -> str:
    """The people, the latest first."""
    return _page(told=_told() if request.args.get("told") == "again" else "")


@bp.post("/opt-outs/<id:contact_id>")
def resubscribe(contact_id: int) -> Response | tuple[str, int]:
    """Ask somebody again, with the reason."""
    who, form, now = reader(), AgainForm(request.form), services().clock.now()
    with reading() as session:
        find_contact(session, contact_id, scope=who.scope)
    if not form.validate():
        return _page(wrong=str(form.reason.errors[0]), wrong_id=contact_id), 422
    said = form.reason.data or ""
    try:
        with writing() as session:
            others = people.resubscribe(
                session, contact_id, program_id=form.program_id, reason=said, by=who.user_id, now=now
            )
    except Refused as refused:
        return _page(wrong=str(refused), wrong_id=contact_id), 422
    return redirect(url_for("staff.opt_outs", told="again", others=others or None), 303)


def _told() -> str:
    others = request.args.get("others", default=0, type=int)
    if not 0 < others <= MOST_OTHERS:
        return _("They are asked again by the next wave.")
    return ngettext(
        "They are asked again by the next wave, and so is 1 other contact with their address.",
        "They are asked again by the next wave, and so are %(n)s other contacts with their address.",
        others,
        n=number(others),
    )


def _page(*, told: str = "", wrong: str = "", wrong_id: int = 0) -> str:
    wish = wanted(sorts=PEOPLE_SORTS, sort="-since")
    with reading() as session:
        found = list_opted_out(session, wish, scope=reader().scope)
    return render_template("staff/opt_outs.html", page=OptOutsPage(found, wish, told, wrong, wrong_id))
