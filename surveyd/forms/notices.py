"""The respondent's pages that only say something: thank you, closed, not known, please wait.

Compiled once for each language, like the questionnaire's pages.
"""

from dataclasses import dataclass, field
from enum import StrEnum

from jinja2 import Environment
from markupsafe import Markup, escape

from surveyd.forms.fragments import Fragment, name_in, piped, slot
from surveyd.forms.ways_wording import ways_wording
from surveyd.forms.wording import Voice, languages, wording


class Notice(StrEnum):
    """What can be said; each has its words in forms/wordings/."""

    THANKS = "thanks"
    CLOSED = "closed"
    UNKNOWN = "unknown"
    WAIT = "wait"
    CORRECTED = "corrected"
    SOLVED = "solved"
    """Thanks for saying whether a case is solved; no wave, no receipt to keep."""


@dataclass(frozen=True, slots=True)
class After:
    """What somebody may do with what they have sent; `has_begun` to correct it."""

    reads: bool = False
    corrects: bool = False
    has_begun: bool = False


NOTHING = After()


@dataclass(slots=True)
class Notices:
    """All notices, drawn when first needed and kept; `voice` gives their words in a language."""

    environment: Environment
    voice: Voice = wording
    _drawn: dict[tuple[Notice, str, tuple[str, ...], After], Fragment] = field(default_factory=dict)

    def render(
        self,
        notice: Notice,
        language: str,
        *,
        offered: tuple[str, ...] = (),
        company: str = "",
        receipt: str = "",
        heading: Markup | None = None,
        personal: str = "",
        after: After = NOTHING,
    ) -> str:
        """The whole HTML of `notice`, with a switch between the languages `offered` (default: all).

        `after` says what leads on from a receipt, below the address `personal`.
        """
        key = (notice, language, offered or languages(), after)
        if key not in self._drawn:
            self._drawn[key] = self._draw(*key)
        named = name_in(self.voice(language).direction, company)
        values = {"company": named, "receipt": escape(receipt), "heading": heading or Markup()}
        values["personal"] = escape(personal)
        return self._drawn[key].fill(values)

    def _draw(self, notice: Notice, language: str, offered: tuple[str, ...], after: After) -> Fragment:
        words, ways = self.voice(language), ways_wording(language)
        body = {
            Notice.THANKS: words.thanks_next,
            Notice.CLOSED: words.closed_body,
            Notice.UNKNOWN: words.unknown_body,
            Notice.WAIT: words.wait_body,
            Notice.CORRECTED: ways.corrected_body,
            Notice.SOLVED: ways.solved_body,
        }
        title = {
            Notice.THANKS: words.thanks_title,
            Notice.CLOSED: words.closed_title,
            Notice.UNKNOWN: words.unknown_title,
            Notice.WAIT: words.wait_title,
            Notice.CORRECTED: ways.corrected_title,
            Notice.SOLVED: ways.solved_title,
        }
        template = self.environment.get_template("respond/notice.html")
        return Fragment(
            template.render(
                slot=slot,
                words=words,
                language=language,
                languages=[(code, wording(code).name) for code in offered],
                title=title[notice],
                body=piped(body[notice]),
                has_receipt=notice in (Notice.THANKS, Notice.CORRECTED),
                ways=ways,
                after=after,
            )
        )
