"""What somebody can ask for who cannot answer now: another day, a call, or that somebody else is asked.

Opening the page changes nothing. Each of its forms is done with one press, and a second one does it anew.
"""

from dataclasses import dataclass, replace
from datetime import date
from urllib.parse import urlencode

from flask import Response, redirect, request
from markupsafe import escape
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse
from wtforms import Field

from surveyd.base.database import reading, writing
from surveyd.base.errors import Refused
from surveyd.base.services import services
from surveyd.base.tokens import token_digest
from surveyd.distribution.excuses import Excuse, excuse_of
from surveyd.distribution.wish_models import WishKind
from surveyd.distribution.wishes import Offer, Wished, offer_to, wish_of
from surveyd.forms.said import spelled
from surveyd.forms.ways_wording import WaysWording, ways_wording
from surveyd.forms.wording import Wording, wording
from surveyd.responses.drafts import Link, find_link
from surveyd.web.answering import forms, show
from surveyd.web.beside import takes_changes
from surveyd.web.respond import bp, closed, own_door, wrong_link
from surveyd.web.wish_forms import LIMITS, WAYS, WayForm, forms_for


@dataclass(frozen=True, slots=True)
class WaysPage:
    """The page of one person in one language: what they can ask for, and what was wrong with what they did.

    `wish` and `excuse` are what they have asked for before. `refused` names a word for what cannot be done.
    """

    link: Link
    language: str
    languages: tuple[tuple[str, str], ...]
    personal: str
    offer: Offer
    forms: dict[str, WayForm]
    wish: Wished | None = None
    excuse: Excuse | None = None
    refused: str = ""

    @property
    def words(self) -> Wording:
        return wording(self.language)

    @property
    def ways(self) -> WaysWording:
        return ways_wording(self.language)

    @property
    def stop(self) -> str:
        """The address of their page to stop the mails."""
        return f"/u/{services().keys.opt_out_token(self.link.contact_id, self.link.invitation_id)}"

    @property
    def faults(self) -> dict[str, str]:
        """What is wrong, a sentence by the field's id."""
        return {
            f"{way}-{field.short_name}": self._sentence(field)
            for way, form in self.forms.items()
            for field in form
            if field.errors
        }

    @property
    def first(self) -> str:
        """The first day on offer, spelled."""
        return self.day(self.offer.first)

    @property
    def last(self) -> str:
        """The last day on offer, spelled."""
        return self.day(self.offer.last)

    @property
    def asked_for(self) -> date | None:
        """The day that was asked for, where the reminder goes on another; None where it goes on that day."""
        asked = request.args.get("day", type=date.fromisoformat)
        return asked if self.wish and asked and asked != self.wish.remind_on else None

    def day(self, value: date | None) -> str:
        """A day, spelled; empty for none."""
        return spelled(value, self.language, "full") if value else ""

    def _sentence(self, field: Field) -> str:
        word = str(field.errors[0])
        text = str(getattr(self.ways, word, "") or getattr(self.words, word))
        length, limit = len(str(field.data or "")), LIMITS.get(field.short_name, 0)
        return text.format(first=self.first, last=self.last, length=length, limit=limit)


@bp.get("/s/<token>/other", endpoint="other")
def show_ways(token: str) -> AnyResponse:
    """The three forms, or what happens next once one of them is sent."""
    with reading() as session:
        link = find_link(session, token_digest(token))
        if link is None:
            return wrong_link()
        away = _turned_away(session, link, token)
        return away or _draw(_load(session, link, token, lang=request.args.get("lang")))


@bp.post("/s/<token>/other", endpoint="ask")
def take_way(token: str) -> AnyResponse:
    """Do what one form asks for, and say what happens next."""
    # All is read and looked through before the transaction begins: on SQLite others wait for it.
    way, now = request.form.get("way", ""), services().clock.now()
    with reading() as session:
        link = find_link(session, token_digest(token))
        if link is None:
            return wrong_link()
        away = _turned_away(session, link, token)
        if away is not None:
            return away
        page = _load(session, link, token, lang=request.form.get("lang"))
    if way not in WAYS or not page.forms[way].validate():
        return _draw(page, status=422)
    try:
        with writing() as session:
            page.forms[way].take(session, link, now=now, mail_domain=services().config.mail_domain)
    except Refused:
        return _refused(token, page)
    told = {"said": way, "lang": page.language}
    if way == "remind":
        told["day"] = request.form["day"]
    return redirect(f"/s/{token}/other?{urlencode(told)}", 303)


def _turned_away(session: Session, link: Link, token: str) -> Response | None:
    """What somebody gets who can ask for nothing, or not any more; None for whom the forms are."""
    if link.is_sent or not link.takes_answers or not link.is_of_a_wave:
        return show(session, link, door=own_door(token), asked=request.values)
    return None if takes_changes(link) else closed(session, link, door=own_door(token))


def _refused(token: str, page: WaysPage) -> AnyResponse:
    """It was answered or closed meanwhile, or asked for too often."""
    with reading() as session:
        link = find_link(session, token_digest(token))
        if link is None:
            return wrong_link()
        away = _turned_away(session, link, token)
    return away or _draw(replace(page, refused=page.ways.problem_too_often), status=409)


def _load(session: Session, link: Link, token: str, *, lang: str | None) -> WaysPage:
    questionnaire = forms().questionnaire(session, link)
    language = questionnaire.language(lang, link.language)
    offer = offer_to(session, link.invitation_id, now=services().clock.now())
    return WaysPage(
        link=link,
        language=language,
        languages=tuple((code, wording(code).name) for code in questionnaire.languages),
        personal=f"/s/{token}",
        offer=offer,
        forms=forms_for(offer, request.form if request.method == "POST" else None),
        wish=wish_of(session, link.invitation_id),
        excuse=excuse_of(session, link.invitation_id),
    )


def _draw(page: WaysPage, *, status: int = 200) -> Response:
    # What was asked for is told as it stands, so that a reload tells it again.
    told = {
        "remind": page.wish is not None and page.wish.kind is WishKind.REMIND,
        "call": page.wish is not None and page.wish.kind is WishKind.CALL,
        "excuse": page.excuse is not None,
    }
    said = request.args.get("said", "") if status == 200 else ""
    name = "wished" if told.get(said) else "ways"
    template = forms().environment.get_template(f"respond/{name}.html")
    html = template.render(
        page=page,
        said=said,
        slot={"company": escape(page.link.company)}.__getitem__,
        words=page.words,
        ways=page.ways,
        language=page.language,
        company=page.link.company,
    )
    return Response(html, status, mimetype="text/html")
