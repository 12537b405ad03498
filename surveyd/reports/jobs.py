"""Jobs of reports: what to make stands in the table of papers; the bell only says "look now"."""

import logging
import secrets
import time
from datetime import datetime, timedelta

from sqlalchemy.exc import SQLAlchemyError

from surveyd.base.clock import system_now
from surveyd.base.database import reading, writing
from surveyd.base.errors import NotFound, Unavailable
from surveyd.base.pdf import write_pdf
from surveyd.base.services import Services, services
from surveyd.distribution import papers
from surveyd.distribution.papers import ClaimedPaper
from surveyd.reports.paper_pages import draw

log = logging.getLogger("surveyd.papers")

KEPT = timedelta(days=7)
"""How long a PDF that one person asked for is kept."""
MAKE_PAPERS = "surveyd.reports.jobs.make_papers"
SECONDS_AT_MOST = 120.0
"""A job ends well before its queue would end it; the sweep rings again for what is left."""


def ring_for_papers(house: Services) -> bool:
    """Ask a worker to look for wanted papers; returns whether the queue took it.

    The minute stands in the job's name: the bell of a worker that died in the middle is dumb for no longer.
    """
    return house.bell.ring(MAKE_PAPERS, int(system_now().timestamp() // 60))


def look_for_papers(house: Services, now: datetime) -> int:
    """Let mails go whose PDF is made, and ring for papers that nobody is making; returns how many wait.

    Making them is the worker's: it may take minutes, and this pass has a second.
    """
    with writing() as session:
        papers.give_up(session, system_now=system_now())
        papers.let_mails_go(session)
        papers.forget(session, asked_before=now - KEPT)
        waiting = papers.waiting(session, system_now=system_now())
    if waiting:
        ring_for_papers(house)
    return waiting


def make_papers(rung_at: int = 0) -> int:
    """Make the wanted papers one after the other; returns how many were seen to."""
    by, end, seen = f"maker-{secrets.token_hex(8)}", time.monotonic() + SECONDS_AT_MOST, 0
    while time.monotonic() < end and _make_next(services(), by):
        seen += 1
    return seen


def _make_next(house: Services, by: str) -> bool:
    with writing() as session:
        claimed = papers.claim(session, by, system_now=system_now())
    if claimed is None:
        return False
    content, reason = _make(house, claimed)
    with writing() as session:
        if content:
            mine = papers.finish(session, claimed.id, by=by, content=content, now=house.clock.now())
        else:
            mine = papers.fail(session, claimed.id, by=by, reason=reason)
    if not mine:
        log.warning("a paper's claim ran out while it was made", extra={"facts": {"paper": claimed.id}})
    return True


def _make(house: Services, claimed: ClaimedPaper) -> tuple[bytes, str]:
    """The PDF, or why there is none. A database that is away is nobody's fault: the claim runs out then."""
    try:
        with reading() as session:
            html = draw(session, claimed, now=house.clock.now())
        return write_pdf(html), ""
    except Unavailable as error:
        return b"", str(error)
    except NotFound:
        return b"", "what it would show is gone, or no longer yours to see"
    except SQLAlchemyError:
        raise
    except Exception as error:
        # One bad row must not stop the others.
        log.exception("a paper could not be made", extra={"facts": {"paper": claimed.id}})
        return b"", f"it cannot be drawn ({type(error).__name__})"
