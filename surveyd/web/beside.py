"""What stands beside a respondent's questions and thanks: the way out, and what may be done afterwards."""

from markupsafe import Markup

from surveyd.base.services import services
from surveyd.distribution.models import AfterSending
from surveyd.forms.definition import Questionnaire
from surveyd.forms.notices import NOTHING, After
from surveyd.forms.ways_wording import ways_wording
from surveyd.responses.drafts import Link

LINE = Markup('<p class="way-out"><a href="{}">{}</a></p>')
NOTE = Markup('<p class="note">{}</p>')


def way_out(link: Link, language: str, *, personal: str, is_own: bool) -> Markup:
    """The quiet link to what somebody can do who cannot answer now; nothing while they correct.

    `is_own` is whether `language` is the one that they are written to in, which the address need not name.
    """
    if not personal or link.corrects or not link.is_of_a_wave or not takes_changes(link):
        return Markup()
    address = f"{personal}/other" if is_own else f"{personal}/other?lang={language}"
    return LINE.format(address, ways_wording(language).way_out)


def heading_of(link: Link, language: str) -> Markup:
    """What stands above the questions while somebody corrects what they have sent."""
    return NOTE.format(ways_wording(language).correcting) if link.corrects else Markup()


def may_correct(link: Link) -> bool:
    """Whether there is something to correct and the program allows it, the wave being open or not."""
    return link.is_sent and link.is_of_a_wave and link.after_sending is AfterSending.CORRECT


def takes_changes(link: Link) -> bool:
    """Whether a wish or a correction can still be handed in now."""
    return link.takes_changes(services().clock.now())


def after_of(link: Link, questionnaire: Questionnaire) -> After:
    """What this person may do with what they have sent. Anonymous answers are shown to nobody again."""
    if questionnaire.anonymous or not link.is_sent:
        return NOTHING
    return After(
        reads=link.after_sending in (AfterSending.READ, AfterSending.CORRECT),
        corrects=may_correct(link) and takes_changes(link),
        has_begun=link.corrects,
    )
