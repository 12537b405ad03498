"""The questionnaires, to read: all of them, and one with its pages, languages, versions and uses."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from flask import render_template, request
from flask_babel import ngettext
from sqlalchemy.orm import Session

from surveyd.base.database import reading
from surveyd.base.errors import NotFound
from surveyd.distribution.questionnaire_edits import Edit, edited_slugs, find_edit
from surveyd.distribution.questionnaire_uses import Use, publishers_of, uses_of
from surveyd.distribution.questionnaires import (
    QuestionnaireLine,
    VersionLine,
    current_questionnaire,
    find_version,
    list_questionnaires,
    versions_of,
)
from surveyd.forms.definition import Questionnaire
from surveyd.forms.loading import from_data
from surveyd.forms.pace import estimated, said
from surveyd.forms.path_table import Path, PathTable, paths
from surveyd.forms.translations import Spoken, spoken
from surveyd.web.filters import locale_name, number
from surveyd.web.staff.frame import bp
from surveyd.web.staff.questionnaire_words import KIND_WORDS, asked_only, example_of, measured, place_named

EDIT = "edit"


@dataclass(frozen=True, slots=True)
class Line:
    """One questionnaire as the list shows it; `edited_at` is None while nobody edits it."""

    facts: QuestionnaireLine
    languages: tuple[Spoken, ...]
    edited_at: datetime | None

    @property
    def items(self) -> int:
        return len(self.facts.questionnaire.items)

    @property
    def takes(self) -> str:
        """How long answering takes, in words: measured where enough have answered, else estimated."""
        return time_for(self.facts.questionnaire, self.facts.latest)


@dataclass(frozen=True, slots=True)
class QuestionnairesPage:
    """All questionnaires."""

    lines: tuple[Line, ...]

    @property
    def title(self) -> str:
        """The page's answer."""
        count, used = len(self.lines), sum(bool(line.facts.programs) for line in self.lines)
        return ngettext(
            "%(used)s of 1 questionnaire is in use",
            "%(used)s of %(many)s questionnaires are in use",
            count,
            used=number(used),
            many=number(count),
        )


@dataclass(frozen=True, slots=True)
class QuestionnairePage:
    """One questionnaire, in one of its versions or as it is being edited."""

    slug: str
    questionnaire: Questionnaire
    shown: str
    languages: tuple[Spoken, ...]
    versions: list[VersionLine]
    publishers: Mapping[int, str]
    uses: list[Use]
    edit: Edit | None
    paths: PathTable

    @property
    def title(self) -> str:
        """The page's answer."""
        items = len(self.questionnaire.items)
        return ngettext(
            "%(name)s asks 1 question and takes about %(time)s",
            "%(name)s asks %(items)s questions and takes about %(time)s",
            items,
            name=self.slug,
            items=number(items),
            time=time_for(self.questionnaire, self.version),
        )

    @property
    def version(self) -> VersionLine | None:
        """The version that is shown; None for an edit, and for what was never published."""
        return next((line for line in self.versions if line.digest == self.questionnaire.digest), None)

    def way(self, path: Path) -> str:
        """The titles of the pages of one way, in order."""
        first = self.questionnaire.languages[0]
        titles = {page.id: self.questionnaire.said(page.title, first) for page in self.questionnaire.pages}
        return " → ".join(titles[page] for page in path.pages)


@bp.get("/questionnaires")
def questionnaires() -> str:
    """Every questionnaire that comes with surveyd or was published."""
    with reading() as session:
        edited = edited_slugs(session)
        lines = tuple(
            Line(line, spoken(line.questionnaire), edited.get(line.slug))
            for line in list_questionnaires(session)
        )
    return render_template("staff/questionnaires.html", page=QuestionnairesPage(lines))


@bp.get("/questionnaires/<slug>")
def questionnaire(slug: str) -> str:
    """One questionnaire: its current version, or the one that `version` names."""
    shown = request.args.get("version", "")
    with reading() as session:
        found, edit = as_wished(session, slug, shown), find_edit(session, slug)
        versions = versions_of(session, slug)
        page = QuestionnairePage(
            slug=slug,
            questionnaire=found,
            shown=shown,
            languages=spoken(found),
            versions=versions,
            publishers=publishers_of(session, [version.id for version in versions]),
            uses=uses_of(session, slug),
            edit=edit,
            paths=paths(found),
        )
    return render_template(
        "staff/questionnaire.html",
        page=page,
        kinds=KIND_WORDS,
        language=found.language(request.args.get("language")),
        place_named=place_named,
        measured=measured,
        asked_only=asked_only,
        example_of=example_of,
    )


def as_wished(session: Session, slug: str, version: str) -> Questionnaire:
    """The questionnaire in the version of that digest, the `edit` under way, or its current version.

    Raises NotFound.
    """
    if version == EDIT:
        edit = find_edit(session, slug)
        if edit is None:
            raise NotFound("edit of the questionnaire", slug)
        return edit.questionnaire
    if not version:
        return current_questionnaire(session, slug)
    found = find_version(session, version)
    if found.slug != slug:
        raise NotFound("version of the questionnaire", version)
    return from_data(found.definition)


def time_for(questionnaire: Questionnaire, version: VersionLine | None) -> str:
    """About how long answering takes, in words of the reader's language."""
    return said((version.seconds if version else None) or estimated(questionnaire), locale_name())
