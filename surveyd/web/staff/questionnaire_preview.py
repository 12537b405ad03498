"""A questionnaire as any contact would see it, on a phone and on a desk side by side; nothing is kept."""

from dataclasses import dataclass

from flask import render_template, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext

from surveyd.base.database import reading
from surveyd.closed_loop.action_lists import regions
from surveyd.distribution.questionnaire_edits import find_edit
from surveyd.distribution.questionnaires import VersionLine, versions_of
from surveyd.forms.condition_reading import KNOWN_FACTS
from surveyd.forms.definition import Questionnaire
from surveyd.forms.paths import route_of
from surveyd.people.contacts import page_of_contacts
from surveyd.people.models import Contact
from surveyd.web.access import reader
from surveyd.web.filters import number, words
from surveyd.web.staff.frame import bp
from surveyd.web.staff.questionnaire_frames import (
    SCORES,
    Persona,
    Wish,
    first_answers,
    persona_of,
    wish_of_request,
)
from surveyd.web.staff.questionnaires import as_wished

FOUND_AT_MOST = 10
CHANNELS = {"phone": lazy_gettext("on the telephone"), "open": lazy_gettext("by an open link")}


@dataclass(frozen=True, slots=True)
class PreviewPage:
    """The questionnaire in its two frames, and the form that says as whom."""

    slug: str
    questionnaire: Questionnaire
    wish: Wish
    persona: Persona
    versions: list[VersionLine]
    is_edited: bool
    search: str
    found: tuple[Contact, ...]
    regions: list[str]

    @property
    def title(self) -> str:
        """The page's answer."""
        if self.wish.contact_id is None:
            return _("%(name)s as somebody would see it", name=self.slug)
        return _(
            "%(name)s as %(contact)s would see it", name=self.slug, contact=self.persona.names["contact"]
        )

    @property
    def pages(self) -> list[tuple[str, str]]:
        """The pages that this person sees, by id and title."""
        answers = first_answers(self.questionnaire, self.wish)
        route = route_of(self.questionnaire, answers, self.persona.facts)
        said, language = self.questionnaire.said, self.persona.language
        return [(shown.page.id, said(shown.page.title, language)) for shown in route.pages]


@bp.get("/questionnaires/<slug>/preview")
def preview_questionnaire(slug: str) -> str:
    """The two frames, and as whom they are shown."""
    wish = wish_of_request()
    search = request.args.get("search", "").replace("\0", "").strip()[:100]
    with reading() as session:
        found = as_wished(session, slug, wish.version)
        contacts = page_of_contacts(session, scope=reader().scope, search=search, limit=FOUND_AT_MOST)
        page = PreviewPage(
            slug=slug,
            questionnaire=found,
            wish=wish,
            persona=persona_of(session, found, wish),
            versions=versions_of(session, slug),
            is_edited=find_edit(session, slug) is not None,
            search=search,
            found=contacts.contacts if search else (),
            regions=regions(session),
        )
    return render_template(
        "staff/questionnaire_preview.html",
        page=page,
        roles=[(role, words(role)) for role in KNOWN_FACTS["role"]],
        regions=[(region, region) for region in page.regions],
        channels=list(CHANNELS.items()),
        scores=[(score, number(score)) for score in SCORES],
    )
