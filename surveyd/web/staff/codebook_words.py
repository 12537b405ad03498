"""What is wrong with a theme, in the reader's words: each says what to do."""

from flask_babel import gettext as _
from flask_babel import lazy_gettext

from surveyd.base.errors import NotFound
from surveyd.results.codebook_data import LONGEST_NAME, ThemeFault, ThemeProblem
from surveyd.scoring.codebook import LONGEST_PHRASE, MOST_PHRASES, MOST_WORDS, SHORTEST_OPEN, PhraseProblem

PROBLEMS = {
    ThemeProblem.NO_NAME: lazy_gettext("Give the theme a name."),
    ThemeProblem.NAME_TOO_LONG: lazy_gettext("Shorten the name to %(n)s characters.", n=LONGEST_NAME),
    ThemeProblem.NAME_TAKEN: lazy_gettext("Another theme has this name; choose another one."),
    ThemeProblem.TOO_MANY_PHRASES: lazy_gettext("Keep at most %(n)s phrases a language.", n=MOST_PHRASES),
    PhraseProblem.NO_LETTERS: lazy_gettext("Write a word; there are no letters in it."),
    PhraseProblem.TOO_LONG: lazy_gettext("Shorten it to %(n)s characters.", n=LONGEST_PHRASE),
    PhraseProblem.TOO_MANY_WORDS: lazy_gettext("Shorten it to %(n)s words.", n=MOST_WORDS),
    PhraseProblem.OPEN_TOO_SHORT: lazy_gettext(
        "Write at least %(n)s letters beside a star, or it finds nearly every word.", n=SHORTEST_OPEN
    ),
    PhraseProblem.STAR_WITHIN: lazy_gettext("Put the star at the beginning or the end of a word."),
}


def version_number(said: str) -> int:
    """The version of the codebook that an address or a form names. Raises NotFound for what is none."""
    if not (said.isascii() and said.isdigit() and len(said) < 9):
        raise NotFound("version of the codebook", said)
    return int(said)


def fault_words(of: ThemeFault) -> str:
    """One fault as a sentence; a phrase's own words come first."""
    if not of.phrase:
        return str(PROBLEMS[of.problem])
    shown = of.phrase if len(of.phrase) <= LONGEST_PHRASE else of.phrase[:LONGEST_PHRASE] + "…"
    return str(_("%(phrase)s: %(problem)s", phrase=shown, problem=PROBLEMS[of.problem]))
