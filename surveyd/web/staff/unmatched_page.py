"""The pages of the queue, read: what waits, and one response with whom it may come from."""

from dataclasses import dataclass, field

from flask import request
from flask_babel import gettext as _
from flask_babel import lazy_gettext, ngettext
from sqlalchemy.orm import Session

from surveyd.base.database import reading
from surveyd.base.keyset import Wanted
from surveyd.closed_loop import matching
from surveyd.closed_loop.matching import Candidate, Why
from surveyd.forms.conditions import category_of
from surveyd.forms.loading import from_data
from surveyd.people.access import Scope
from surveyd.reports.answers import AnswerLine, answer_lines
from surveyd.responses import open_queue
from surveyd.responses.open_models import VisitState
from surveyd.responses.open_queue import Unmatched, WaitingLine, WaitingList
from surveyd.web.filters import number
from surveyd.web.staff.lists import LONGEST_SEARCH
from surveyd.web.staff.unmatched_forms import DismissForm, MatchForm, NewPersonForm

MOST_ACCOUNTS = 20
SUSPICIONS = {
    "trap": lazy_gettext("a field that people do not see was filled in"),
    "many": lazy_gettext("very many came from the same address"),
    "no_form": lazy_gettext("it was sent without the page"),
}
REASONS = {
    Why.SAME_ADDRESS: lazy_gettext("same e-mail address"),
    Why.SAME_DOMAIN: lazy_gettext("same company's e-mail addresses"),
    Why.SIMILAR_COMPANY: lazy_gettext("similar company name"),
    Why.SAME_NAME: lazy_gettext("same name"),
    Why.FOUND: lazy_gettext("found by your words"),
}
STATES = {
    VisitState.WAITING: lazy_gettext("waits to be matched"),
    VisitState.MATCHED: lazy_gettext("matched"),
    VisitState.NOTED: lazy_gettext("kept as a note"),
    VisitState.DISMISSED: lazy_gettext("dismissed"),
    VisitState.SPAM: lazy_gettext("spam"),
}


@dataclass(frozen=True, slots=True)
class QueuePage:
    """The queue; `words` are the first words of each line by its id."""

    found: WaitingList
    wish: Wanted
    links: list[str]
    words: dict[int, str]

    @property
    def title(self) -> str:
        """The page's answer."""
        waiting, suspected = self.found.waiting, self.found.suspected
        if not waiting and not suspected:
            return _("Nothing waits to be matched")
        if not waiting:
            return ngettext(
                "1 answer looks like spam", "%(n)s answers look like spam", suspected, n=number(suspected)
            )
        return ngettext(
            "1 answer waits to be matched", "%(n)s answers wait to be matched", waiting, n=number(waiting)
        )

    @property
    def narrowing(self) -> list[tuple[str, str, list[tuple[str, object]]]]:
        """What the queue can be narrowed by."""
        states: list[tuple[str, object]] = [(one, STATES[VisitState(one)]) for one in open_queue.STATES]
        looks: list[tuple[str, object]] = [("person", _("like a person")), ("spam", _("like spam"))]
        return [
            ("state", _("State"), states[1:]),
            ("looks", _("Looks"), looks),
            ("link", _("Link"), [(slug, slug) for slug in self.links]),
        ]


@dataclass(frozen=True, slots=True)
class Steps:
    """What can be done about one response; errors stand in the forms. `said_already` is an earlier one."""

    match: MatchForm = field(default_factory=MatchForm)
    new: NewPersonForm = field(default_factory=NewPersonForm)
    dismiss: DismissForm = field(default_factory=DismissForm)
    refused: str = ""
    said_already: int | None = None


@dataclass(frozen=True, slots=True)
class UnmatchedPage:
    """One unsolicited response: what was said, by whom, who it may be, and what can be done."""

    found: Unmatched
    answers: tuple[AnswerLine, ...]
    candidates: tuple[Candidate, ...]
    steps: Steps
    who: str
    at: str

    @property
    def line(self) -> WaitingLine:
        return self.found.line

    @property
    def waits(self) -> bool:
        """Whether anything is left to decide."""
        return self.line.state is VisitState.WAITING

    @property
    def can_come_back(self) -> bool:
        return self.line.state in (VisitState.DISMISSED, VisitState.SPAM)

    @property
    def title(self) -> str:
        """The page's answer."""
        name = self.line.name or self.line.email or self.line.company
        return _("Who is %(name)s?", name=name) if name else _("Somebody without a name")


def read_unmatched(visit_id: int, steps: Steps, *, scope: Scope) -> UnmatchedPage:
    """One response as the page shows it, with what was typed into `steps`. Raises NotFound."""
    who, at = (searched(name) for name in ("who", "at"))
    with reading() as session:
        found = open_queue.find_unmatched(session, visit_id, scope=scope)
        if who:
            candidates = matching.search_contacts(session, who, scope=scope)
        else:
            candidates = matching.candidates(session, visit_id, scope=scope)
        steps.new.offer(accounts(session, at or found.line.company, steps.new.account.data, scope=scope))
    if not steps.new.name.data and not steps.new.errors:
        steps.new.name.data, steps.new.email.data = found.line.name, found.line.email
    return UnmatchedPage(found, _answers(found), candidates, steps, who, at)


def _answers(found: Unmatched) -> tuple[AnswerLine, ...]:
    questionnaire = from_data(found.definition)
    asked = questionnaire.recommendation
    category = category_of(found.line.answers.get(asked.id)) if asked else ""
    names = {"company": found.company, "contact": found.line.name, "account": found.line.company}
    return tuple(answer_lines(questionnaire, found.line.answers, category=category, names=names))


def accounts(session: Session, words: str, chosen: str | None, *, scope: Scope) -> list[tuple[int, str]]:
    """The accounts to choose from: those that the words find, and the one that was chosen before."""
    found = open_queue.account_names(session, words, scope=scope, most=MOST_ACCOUNTS)
    if chosen and chosen.isascii() and chosen.isdigit() and chosen not in {str(one) for one, _name in found}:
        found += open_queue.account_named(session, int(chosen[:18]), scope=scope)
    return found


def searched(name: str) -> str:
    """Words to look for, from the address or from the form that was sent."""
    asked = request.args.get(name) or request.form.get(name) or ""
    return asked.replace("\0", "").strip()[:LONGEST_SEARCH]
