"""The accounts of a wave that lack somebody: each leads to its page."""

from dataclasses import dataclass

from flask import render_template
from flask_babel import gettext as _

from surveyd.base.database import reading
from surveyd.base.keyset import Wanted
from surveyd.base.services import services
from surveyd.distribution import waves
from surveyd.distribution.audience_accounts import (
    ACCOUNT_SORTS,
    LACKS,
    NO_DECIDER,
    AccountPage,
    Lacking,
    list_lacking,
)
from surveyd.distribution.audience_kept import figures_of
from surveyd.web.access import reader
from surveyd.web.filters import number
from surveyd.web.staff import audience_words
from surveyd.web.staff.frame import bp
from surveyd.web.staff.lists import wanted


@dataclass(frozen=True, slots=True)
class LackingPage:
    """Accounts that lack something."""

    wave_id: int
    wave: str
    program: str
    lack: str
    lacking: Lacking
    found: AccountPage
    wish: Wanted

    @property
    def title(self) -> str:
        """The page's answer."""
        facts = {"n": number(self.lacking.lacks[self.lack]), "all": number(self.lacking.accounts)}
        return _("%(n)s of %(all)s accounts are %(lack)s", lack=str(audience_words.LACKS[self.lack]), **facts)

    @property
    def choices(self) -> list[tuple[str, str, list[tuple[str, str]]]]:
        """What can be looked for."""
        offered = [(name, str(said)) for name, said in audience_words.LACKS.items()]
        return [("lack", _("Accounts"), offered)]


@bp.get("/waves/<id:wave_id>/audience/accounts", endpoint="lacking_accounts")
def show_lacking(wave_id: int) -> str:
    """The accounts of the wave's audience that lack what the address says."""
    wish = wanted(sorts=ACCOUNT_SORTS, filters=("lack",), sort="name")
    lack = wish.filters["lack"] if wish.filters["lack"] in LACKS else NO_DECIDER
    now, scope = services().clock.now(), reader().scope
    with reading() as session:
        wave = waves.get_wave(session, wave_id)
        program = waves.program_of(session, wave)
        page = LackingPage(
            wave_id=wave.id,
            wave=wave.slug,
            program=program.slug,
            lack=lack,
            lacking=figures_of(session, wave, program, scope=scope, now=now).lacking,
            found=list_lacking(session, wave, program, lack=lack, wish=wish, scope=scope, now=now),
            wish=wish,
        )
    return render_template("staff/audience_accounts.html", page=page)
