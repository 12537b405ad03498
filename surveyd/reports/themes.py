"""The page of themes: what a slice writes about, with each theme's share, ratings and impact."""

from collections.abc import Callable
from dataclasses import dataclass

from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy.orm import Session

from surveyd.people.access import Scope
from surveyd.reports.basis import METHODS, Basis, basis_of, finely, score_interval, share_interval
from surveyd.reports.reasons import why_not
from surveyd.results.revenue import Money
from surveyd.results.slice_comments import slice_comments
from surveyd.results.slices import Slice
from surveyd.results.themes import UNCODED, SliceThemes, TermLine, slice_themes
from surveyd.scoring.bases import Base
from surveyd.scoring.estimates import Contrast, Estimate
from surveyd.scoring.themes import Ratings, ThemeFigures
from surveyd.scoring.unsaid import Unsaid

RowsOf = Callable[[str], str]
"""The address of the comments behind a theme's key."""


@dataclass(frozen=True, slots=True)
class ThemeLine:
    """One theme of the table. `share` and `before` are from 0 to 1, None where counts alone are shown.

    `impact` is a signed number, or empty; `direction` is up, down, or empty where it may be chance.
    """

    key: str
    name: str
    ratings: Ratings
    accounts: int
    share: float | None
    before: float | None
    share_basis: Basis
    impact: str
    direction: str
    impact_basis: Basis
    money: tuple[Money, ...]


@dataclass(frozen=True, slots=True)
class Terms:
    """Words of one group and of the other; `why` says why there are none."""

    more: tuple[TermLine, ...]
    less: tuple[TermLine, ...]
    why: str


@dataclass(frozen=True, slots=True)
class ThemesPage:
    """The themes of a slice of the chosen waves, most frequent first.

    `since` is None where there is no wave before to compare with.
    """

    chosen: tuple[str, ...]
    before: str
    sees_revenue: bool
    found: SliceThemes
    lines: tuple[ThemeLine, ...]
    uncoded: ThemeLine
    detractors: Terms
    since: Terms | None

    @property
    def written(self) -> int:
        """How many responses have a comment."""
        return self.found.table.comments.n

    @property
    def title(self) -> str:
        """The page's answer."""
        if not self.written:
            return str(_("Nobody has written a comment yet"))
        first = self.lines[0] if self.lines else None
        if first is None or not first.ratings.n:
            return str(_("No theme has found any of the comments"))
        said = ngettext("%(n)s of 1 comment", "%(n)s of %(num)s comments", self.written, n=first.ratings.n)
        return str(_("%(said)s: %(theme)s", said=said, theme=first.name))

    @property
    def heard(self) -> tuple[ThemeLine, ...]:
        """The themes that somebody has written about."""
        return tuple(line for line in self.lines if line.ratings.n)

    @property
    def unheard(self) -> tuple[ThemeLine, ...]:
        """The themes that nobody has written about."""
        return tuple(line for line in self.lines if not line.ratings.n)


def themes_page(session: Session, cut: Slice, *, scope: Scope, rows_of: RowsOf) -> ThemesPage:
    """The page of a slice, as far as the scope may see it. Raises NotFound for an unknown wave."""
    of = slice_comments(session, cut, scope=scope)
    found = slice_themes(session, of, scope=scope)
    lines = [_line(found, at, rows_of) for at in range(len(found.stored.book.themes))]
    uncoded = _figures(found, UNCODED, str(_("No theme")), found.table.uncoded, None, rows_of)
    return ThemesPage(
        chosen=tuple(wave.slug for wave in of.waves),
        before=of.before_wave.slug if of.before_wave else "",
        sees_revenue=scope.sees_revenue,
        found=found,
        lines=tuple(sorted(lines, key=lambda line: (-line.ratings.n, line.name))),
        uncoded=uncoded,
        detractors=_terms(found.detractors),
        since=None if found.since is None else _terms(found.since),
    )


def _line(found: SliceThemes, at: int, rows_of: RowsOf) -> ThemeLine:
    theme = found.stored.book.themes[at]
    money = found.money[at]
    return _figures(
        found, theme.key, theme.name, found.table.themes[at], found.shares_before[at], rows_of, money
    )


def _figures(  # noqa: PLR0917 - the parts of one line, in the order of its columns
    found: SliceThemes,
    key: str,
    name: str,
    of: ThemeFigures,
    before: float | None,
    rows_of: RowsOf,
    money: tuple[Money, ...] = (),
) -> ThemeLine:
    shown = of.share if isinstance(of.share, Estimate) and of.ratings.n >= 10 else None
    figure = _("share of %(theme)s", theme=name)
    interval = share_interval(of.share.interval) if isinstance(of.share, Estimate) else ""
    return ThemeLine(
        key=key,
        name=name,
        ratings=of.ratings,
        accounts=of.accounts,
        share=shown.value if shown else None,
        before=before if shown else None,
        share_basis=basis_of(
            of.share, figure=figure, interval=interval, policy=found.policy, rows=rows_of(key), about="themes"
        ),
        impact=finely(of.impact.value) if isinstance(of.impact, Contrast) else "",
        direction=_direction(of),
        impact_basis=_impact_basis(of.impact, name, found.policy, rows_of(key)),
        money=money,
    )


def _direction(of: ThemeFigures) -> str:
    if not isinstance(of.impact, Contrast) or not of.stands:
        return ""
    return "up" if of.impact.value > 0 else "down"


def _impact_basis(of: Contrast | Unsaid, name: str, policy: str, rows: str) -> Basis:
    figure = _("NPS with %(theme)s minus without", theme=name)
    if isinstance(of, Unsaid):
        return Basis(figure, policy=policy, notes=(why_not(of),), rows=rows, about="themes")
    low = (_("Low base: fewer than 30 answers on one side."),) if of.base is not Base.NORMAL else ()
    return Basis(
        figure,
        answered=of.n + of.n_other,
        accounts=of.accounts,
        interval=score_interval(of.interval),
        weighting="contact",
        policy=policy,
        method=METHODS[of.method.value],
        notes=(_("Goes along with the theme; it does not say what it brings about."), *low),
        rows=rows,
        about="themes",
    )


def _terms(of: tuple[TermLine, ...] | Unsaid) -> Terms:
    if isinstance(of, Unsaid):
        return Terms((), (), why_not(of))
    return Terms(tuple(one for one in of if one.z > 0), tuple(one for one in of if one.z < 0), "")
