"""What an interviewer's page has beside the questions, ready to be drawn."""

from dataclasses import dataclass
from typing import Any

from flask import render_template, url_for
from flask_babel import gettext as _
from flask_wtf.csrf import generate_csrf
from markupsafe import Markup

from surveyd.distribution.call_models import CallState
from surveyd.distribution.call_script import Lines, Names, lines_for, minutes_for
from surveyd.distribution.calls import AttemptLine
from surveyd.forms.definition import Questionnaire
from surveyd.reports.interview import Background
from surveyd.responses.answers import AnswerChannel
from surveyd.web.access import reader
from surveyd.web.answering import Door
from surveyd.web.filters import moment, words
from surveyd.web.staff.call_handing import Standing, standing_of
from surveyd.web.staff.call_outcomes import AT_ONCE, FINAL, SAID, OutcomeForm

HIDDEN = Markup('<input type="hidden" name="csrf_token" value="{}">')


@dataclass(frozen=True, slots=True)
class InterviewPage:
    """One call beside its questions: what is known, what to say, and the form for what came of it.

    `refused` says why an outcome or the page was not taken; `is_unsaved` whether that goes for the answers.
    `is_over` is true once the answers are in.
    """

    background: Background
    lines: Lines
    form: OutcomeForm
    kept: dict[str, Any]
    user_id: int
    refused: str = ""
    is_unsaved: bool = False
    is_over: bool = False

    at_once = AT_ONCE
    final = FINAL

    @property
    def is_open(self) -> bool:
        return self.background.call.state is CallState.OPEN

    @property
    def is_ending(self) -> bool:
        """Whether the reader is at the form for what came of the call."""
        return bool(self.form.errors or self.form.is_begun or self.refused)

    @property
    def is_kept(self) -> bool:
        """Whether the reader has the call, and keeps it while the page is open."""
        return self.is_open and self.background.call.row.claimed_by_id == self.user_id

    @property
    def phone(self) -> str:
        """The number to dial: the one that they named, else the one that we know."""
        wanted = self.background.wanted
        return (wanted.phone if wanted else "") or self.background.call.row.phone

    @property
    def reasons(self) -> list[str]:
        """Why we call, a sentence each, the most telling first."""
        background, row = self.background, self.background.call.row
        found = []
        if row.back_at is not None:
            found.append(_("A call back was agreed on for %(when)s.", when=moment(row.back_at)))
        if background.wanted is not None:
            asked = moment(background.wanted.at)
            found.append(_("They asked on %(when)s to be called.", when=asked))
            if background.wanted.suits:
                found.append(_("What suits them: %(words)s", words=background.wanted.suits))
        for step, sent_at in background.mailed:
            found.append(_("No answer to: %(mail)s, sent %(when)s.", mail=words(step), when=moment(sent_at)))
        if background.begun is not None and background.begun.channel != AnswerChannel.PHONE:
            found.append(_("They have begun to answer on the web."))
        found += [_("Case %(number)s with them is open.", number=case_id) for case_id in background.cases]
        return found or [_("They have not answered.")]

    @property
    def standing(self) -> Standing:
        """How the call stands, for a page that looks whether it still does."""
        return standing_of(self.background.call)

    def said(self, attempt: AttemptLine) -> object:
        """What came of an attempt."""
        return SAID[attempt.outcome]


def lines_of(background: Background, questionnaire: Questionnaire) -> Lines:
    """What the reader says in this call, in the contact's language."""
    row = background.call.row
    minutes = minutes_for(len(questionnaire.items))
    names = Names(reader().name, background.call.company, row.name, row.account, minutes)
    return lines_for(row.language, why=background.why, names=names)


def plain_door(call_id: int, *, kept: dict[str, Any]) -> Door:
    """The way in for who asks on the phone, with nothing beside the questions."""
    return Door(
        url_for("staff.call_form", call_id=call_id, **kept),
        channel=AnswerChannel.PHONE,
        interviewer_id=reader().user_id,
        hidden=HIDDEN.format(generate_csrf()),
    )


def drawn(page: InterviewPage) -> Markup:
    """The panel as HTML."""
    text = render_template("staff/interview.html", page=page)
    return Markup(text)  # noqa: S704  # rendered by our template, which escapes
