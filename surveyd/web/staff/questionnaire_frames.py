"""The inside of a preview: one page of a questionnaire as somebody would see it, in a frame of ours.

The frame's form carries the answers along, so that next and back work; nothing is kept and nobody is told.
"""

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from flask import Response, request, url_for
from flask_babel import gettext as _
from flask_wtf.csrf import generate_csrf
from markupsafe import Markup
from sqlalchemy.orm import Session

from surveyd.base.database import reading
from surveyd.distribution.questionnaire_uses import company_asking
from surveyd.distribution.questionnaires import LARGEST_ID
from surveyd.forms.conditions import Answer, Facts
from surveyd.forms.definition import Questionnaire
from surveyd.forms.fields import Problem
from surveyd.forms.notices import Notice
from surveyd.forms.pages import NONE, CompiledForm, Sight
from surveyd.forms.paths import Route, route_of
from surveyd.forms.source import HALVES
from surveyd.forms.turns import turn, way_of
from surveyd.people.contacts import find_contact
from surveyd.people.models import Account
from surveyd.web.access import reader
from surveyd.web.answering import forms
from surveyd.web.staff.frame import bp
from surveyd.web.staff.questionnaires import as_wished

FRAME_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'self'"
)
SCRIPT = re.compile(r"<script\b[^>]*>[^<]*</script>\s*")
HIDDEN = Markup('<input type="hidden" name="{}" value="{}">')
SO_FAR = "so-far"
"""The field of the answers that were given; no item can have this id."""
SCORES = tuple(range(11))
WISHES = ("version", "contact", "role", "region", "tier", "channel", "language", "score", "page")


@dataclass(frozen=True, slots=True)
class Wish:
    """As whom a questionnaire is shown, from the address; what is empty is not known of them."""

    version: str = ""
    contact: str = ""
    role: str = ""
    region: str = ""
    tier: str = ""
    channel: str = ""
    language: str = ""
    score: str = ""
    page: str = ""

    @property
    def address(self) -> dict[str, str]:
        """What of it stands in an address."""
        return {name: getattr(self, name) for name in WISHES if getattr(self, name)}

    @property
    def contact_id(self) -> int | None:
        """The contact of that id, if one was chosen."""
        is_id = self.contact.isascii() and self.contact.isdigit()
        # Beyond the largest id is nobody, as is that id itself.
        return min(int(self.contact), LARGEST_ID) if is_id else None


@dataclass(frozen=True, slots=True)
class Persona:
    """The person as whom it is shown."""

    names: Mapping[str, str]
    facts: Facts
    language: str


def wish_of_request() -> Wish:
    """What the address asks for."""
    return Wish(**{name: request.args.get(name, "").replace("\0", "")[:100] for name in WISHES})


@bp.get("/questionnaires/<slug>/preview/page")
def preview_page(slug: str) -> Response:
    """The page where such a person begins."""
    wish = wish_of_request()
    found, persona = _asked(slug, wish)
    route = route_of(found, first_answers(found, wish), persona.facts)
    html = drawn(route, wish.page, persona=persona, language=persona.language, action=_here(slug, wish))
    return framed_page(html)


@bp.post("/questionnaires/<slug>/preview/page")
def turn_preview(slug: str) -> Response:
    """The page to which the pressed button leads."""
    wish = wish_of_request()
    found, persona = _asked(slug, wish)
    language = found.language(way_of(request.form)[1], request.form.get("lang"), persona.language)
    answers = _answers(found, request.form.get(SO_FAR, ""))
    came = turn(found, answers, persona.facts, at=found.pages[0].id, sent=request.form)
    if came.target is None:
        return framed_page(_thanks(language, company=persona.names["company"], again=_here(slug, wish)))
    html = drawn(
        came.after,
        came.target.id,
        persona=persona,
        language=language,
        action=_here(slug, wish),
        problems=came.problems,
    )
    return framed_page(html)


def framed_page(html: str, status: int = 200) -> Response:
    """A respondent's page for a frame of ours: no script runs in it, and no other site may frame it."""
    response = Response(SCRIPT.sub("", html), status, mimetype="text/html")
    response.headers["Content-Security-Policy"] = FRAME_POLICY
    return response


def drawn(
    route: Route,
    page_id: str,
    *,
    persona: Persona,
    language: str,
    action: str,
    problems: Mapping[str, Problem] = NONE,
) -> str:
    """The whole HTML of the page of that name on this route, else of its first one."""
    so_far = json.dumps(dict(route.answers))
    hidden = HIDDEN.format("csrf_token", generate_csrf()) + HIDDEN.format(SO_FAR, so_far)
    sight = Sight(action, persona.names, hidden=hidden)
    # Not kept among the compiled forms of respondents: every key that an editor presses makes another one.
    compiled = CompiledForm(route.questionnaire, language, forms().environment)
    return compiled.render(route.named(page_id).page, route, sight=sight, problems=problems)


def persona_of(session: Session, questionnaire: Questionnaire, wish: Wish) -> Persona:
    """The person that is wished for; what was chosen by hand goes before what is known of the contact.

    Raises NotFound for a contact outside the reader's scope.
    """
    contact, account = _("Anna Example"), _("Example Ltd")
    known, spoken = Facts(), ""
    if wish.contact_id is not None:
        row = find_contact(session, wish.contact_id, scope=reader().scope)
        firm = session.get_one(Account, row.account_id)
        contact, account, spoken = row.name, firm.name, row.language
        known = Facts(role=row.role, region=firm.region, tier=firm.tier)
    facts = Facts(
        role=wish.role or known.role,
        region=wish.region or known.region,
        tier=wish.tier or known.tier,
        channel=wish.channel or "web",
    )
    company = company_asking(session, questionnaire.slug) or _("Our company")
    names = {"company": company, "contact": contact, "account": account}
    return Persona(names, facts, questionnaire.language(wish.language, spoken))


def first_answers(questionnaire: Questionnaire, wish: Wish) -> dict[str, Answer]:
    """The recommendation that was chosen to see its wording, if any."""
    asked = questionnaire.recommendation
    is_score = wish.score.isascii() and wish.score.isdigit() and int(wish.score) in SCORES
    return {asked.id: int(wish.score)} if asked and is_score else {}


def _asked(slug: str, wish: Wish) -> tuple[Questionnaire, Persona]:
    with reading() as session:
        found = as_wished(session, slug, wish.version)
        return found, persona_of(session, found, wish)


def _here(slug: str, wish: Wish) -> str:
    return f"{url_for('staff.preview_page', slug=slug)}?{urlencode(wish.address)}"


def _answers(questionnaire: Questionnaire, text: str) -> dict[str, Answer]:
    """The answers that the form carried; what cannot be one is left out."""
    try:
        carried = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    if not isinstance(carried, dict):
        return {}
    return {key: value for key, value in carried.items() if key in questionnaire.items and _is_answer(value)}


def _is_answer(value: object) -> bool:
    if isinstance(value, float):
        return math.isfinite(value)
    if isinstance(value, str):
        return not HALVES.search(value)
    return isinstance(value, int) and not isinstance(value, bool)


def _thanks(language: str, *, company: str, again: str) -> str:
    link = Markup('<p><a href="{}">{}</a></p>').format(again, _("Begin the preview again"))
    return forms().notices.render(
        Notice.THANKS, language, offered=(language,), company=company, receipt="", heading=link
    )
