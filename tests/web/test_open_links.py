"""Open links: opening keeps nothing, a page that was begun is kept, spam is marked, nobody's word is lost."""

import re
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from surveyd.base.clock import SetClock
from surveyd.base.services import Services
from surveyd.base.tokens import token_digest
from surveyd.forms.wording import languages
from surveyd.people.models import AuditEntry
from surveyd.responses.models import Response
from surveyd.responses.open_links import switch
from surveyd.responses.open_models import AnonymousAnswers, OpenVisit, VisitState
from surveyd.responses.open_visits import forget_unfinished
from surveyd.web import limits
from tests.base.hostile import HOSTILE
from tests.fixtures.apps import NOW, Transaction
from tests.web.lobby import Lobby, Passer, open_lobby, receipt_of


@pytest.fixture
def lobby(writer: Transaction) -> Lobby:
    with writer() as session:
        return open_lobby(session)


@pytest.fixture
def passer(client: FlaskClient, services: Services) -> Passer:
    return Passer(client, services.keys)


def visits(session: Session) -> list[OpenVisit]:
    return list(session.scalars(select(OpenVisit).order_by(OpenVisit.id)))


def count(session: Session, table: type) -> int:
    return session.execute(select(func.count()).select_from(table)).scalar_one()


def test_the_whole_way(passer: Passer, lobby: Lobby, reader: Transaction) -> None:
    begun = passer.begin(lobby.path, "recommendation", recommend="3")
    assert begun.status_code == 303
    visit, _, page = begun.location.partition("?")
    assert visit.startswith(f"{lobby.path}/")
    assert page == "page=reason"
    assert passer.go_on(visit, "reason", why="Too late.").location == f"{visit}?page=about_you"
    sent = passer.go_on(visit, "about_you", "send", about_you_email="eve@corp.test", about_you_name="Eve")

    assert sent.status_code == 200
    assert "Somebody at Example Works reads every answer" in sent.text
    with reader() as session:
        [kept] = visits(session)
        assert (kept.state, kept.receipt, kept.suspicion) == (VisitState.WAITING, receipt_of(sent), "")
        assert kept.token_digest == token_digest(visit.rpartition("/")[2])
        assert (kept.name, kept.email, kept.company) == ("Eve", "eve@corp.test", "")
        assert kept.answers["recommend"] == 3
        assert kept.sent_at == NOW
        assert count(session, Response) == 0


def test_opening_and_fetching_keep_nothing(client: FlaskClient, lobby: Lobby, reader: Transaction) -> None:
    first = client.get(f"{lobby.path}?score=9&page=reason")
    assert first.status_code == 200
    assert client.head(lobby.path).status_code == 200
    assert "Set-Cookie" not in first.headers
    assert "They carry your name only if you write it" in first.text
    # Saved while typing, by a script: nobody has pressed anything yet.
    kept = client.post(lobby.path, data={"page": "recommendation", "go": "keep", "recommend": "1"})
    assert kept.status_code == 204
    with reader() as session:
        assert visits(session) == []


def test_a_visit_is_gone_on_with_and_sent_once(
    passer: Passer, client: FlaskClient, lobby: Lobby, reader: Transaction
) -> None:
    visit = passer.begin(lobby.path, "recommendation", recommend="9").location.partition("?")[0]
    passer.go_on(visit, "reason", go="back", why="Gut & <b>günstig</b>")
    assert "value=&#34;9&#34; checked" in client.get(visit).text.replace('"', "&#34;")
    page = client.get(f"{visit}?page=reason").text
    assert "Gut &amp; &lt;b&gt;günstig&lt;/b&gt;" in page
    assert "particularly well" in page

    first = passer.go_on(visit, "about_you", "send")
    again = passer.go_on(visit, "about_you", "send", about_you_name="Somebody else")
    assert receipt_of(first) == receipt_of(again) == receipt_of(client.get(visit))
    with reader() as session:
        [kept] = visits(session)
        assert kept.name == ""


def test_what_is_missing_is_asked_for_and_what_was_typed_stays(
    passer: Passer, lobby: Lobby, reader: Transaction
) -> None:
    refused = passer.begin(lobby.path, "recommendation")
    assert refused.status_code == 422
    visit = re.search(rf'action="({lobby.path}/[^"]+)"', refused.text)
    assert visit
    moved = passer.go_on(visit[1], "recommendation", recommend="7")
    assert moved.location == f"{visit[1]}?page=reason"
    wrong = passer.go_on(visit[1], "about_you", "send", about_you_email="eve at corp")
    assert wrong.status_code == 422
    assert 'value="eve at corp"' in wrong.text


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_words_are_kept_and_shown_as_text(
    passer: Passer, client: FlaskClient, lobby: Lobby, reader: Transaction, text: str
) -> None:
    sendable = text.encode("utf-8", "replace").decode()
    visit = passer.begin(lobby.path, "recommendation", recommend="3").location.partition("?")[0]
    passer.go_on(visit, "reason", why=sendable[:4000])
    shown = client.get(f"{visit}?page=reason").text
    assert "<script>alert(1)</script>" not in shown
    assert ' onmouseover="alert(1)"' not in shown
    sent = passer.go_on(visit, "about_you", "send", about_you_name=sendable[:200])
    assert sent.status_code == 200
    with reader() as session:
        [kept] = visits(session)
        assert kept.state is VisitState.WAITING
        assert "\0" not in kept.name


def test_too_quick_is_asked_to_press_once_more_and_loses_no_word(
    passer: Passer, lobby: Lobby, reader: Transaction
) -> None:
    passer.after = 0.5
    again = passer.begin(lobby.path, "recommendation", recommend="3")
    assert again.status_code == 422
    assert "press the button once more" in again.text
    assert re.search(r'value="3" checked', again.text)
    with reader() as session:
        assert visits(session) == []
    issued = re.search(r'name="issued" value="([^"]+)"', again.text)
    assert issued
    stamp = float(issued[1].rpartition(".")[0])
    assert stamp > 0  # the time of the first page: waiting makes the second press late enough


def test_a_page_of_last_year_still_counts(passer: Passer, lobby: Lobby, reader: Transaction) -> None:
    passer.after = timedelta(days=400).total_seconds()
    assert passer.begin(lobby.path, "recommendation", recommend="3").status_code == 303
    with reader() as session:
        assert visits(session)[0].suspicion == ""


def test_what_looks_like_spam_is_marked_and_kept(
    passer: Passer, client: FlaskClient, lobby: Lobby, reader: Transaction
) -> None:
    passer.begin(lobby.path, "recommendation", recommend="3", website="https://spam.test")
    client.post(lobby.path, data={"page": "recommendation", "go": "next", "recommend": "3"})
    client.post(lobby.path, data={"page": "recommendation", "recommend": "3", "issued": "9.forged"})
    with reader() as session:
        assert [kept.suspicion for kept in visits(session)] == ["trap", "no_form", "no_form"]


def test_many_from_one_address_are_marked_and_far_too_many_wait(
    passer: Passer, lobby: Lobby, reader: Transaction, monkeypatch: pytest.MonkeyPatch
) -> None:
    few, most = limits.MANY_VISITS, limits.MOST_VISITS
    monkeypatch.setattr("surveyd.web.open_guard.MANY_VISITS", type(few)(1, 1, namespace="test-many"))
    monkeypatch.setattr("surveyd.web.open_links.MOST_VISITS", type(most)(2, 1, namespace="test-most"))
    for _ in range(2):
        assert passer.begin(lobby.path, "recommendation", recommend="3").status_code == 303
    waits = passer.begin(lobby.path, "recommendation", recommend="4")
    assert (waits.status_code, waits.headers["Retry-After"]) == (429, "600")
    assert re.search(r'value="4" checked', waits.text)
    with reader() as session:
        assert [kept.suspicion for kept in visits(session)] == ["", "many"]


def test_a_link_that_is_switched_off_says_so_and_lets_who_has_begun_finish(
    passer: Passer, client: FlaskClient, lobby: Lobby, writer: Transaction
) -> None:
    visit = passer.begin(lobby.path, "recommendation", recommend="3").location.partition("?")[0]
    with writer() as session:
        assert switch(session, lobby.link, on=False, now=NOW, by=lobby.cast.admin.id)
        assert not switch(session, lobby.link, on=False, now=NOW, by=lobby.cast.admin.id)
        actions = session.scalars(select(AuditEntry.action).where(AuditEntry.thing == "open_link"))
        assert sorted(actions) == ["make", "make", "switch_off"]
    closed = client.get(lobby.path, headers={"Accept-Language": "de-AT,de;q=0.9"})
    assert closed.status_code == 410
    assert "Diese Seite ist geschlossen" in closed.text
    assert passer.begin(lobby.path, "recommendation", recommend="3").status_code == 410
    assert receipt_of(passer.go_on(visit, "about_you", "send"))


def test_wrong_addresses_are_limited_and_good_ones_never(
    passer: Passer, client: FlaskClient, lobby: Lobby
) -> None:
    visit = passer.begin(lobby.path, "recommendation", recommend="3").location.partition("?")[0]
    wrong = [client.get(path).status_code for path in [f"{lobby.path}x", f"{visit}x", f"{visit}y"] * 11]
    assert (wrong[0], wrong[-1]) == (404, 429)
    assert client.get(lobby.path).status_code == client.get(visit).status_code == 200
    # A visit belongs to its link.
    assert client.get(visit.replace(lobby.path, lobby.pulse_path)).status_code == 410


@pytest.mark.parametrize("language", languages())
def test_every_language_has_its_words(client: FlaskClient, lobby: Lobby, language: str) -> None:
    unknown = client.get(f"/o/nothing?lang={language}")
    assert unknown.status_code == 404
    assert f'lang="{language}"' in unknown.text
    assert "{" not in unknown.text


def test_the_language_is_switched_without_keeping_anything(
    passer: Passer, lobby: Lobby, reader: Transaction
) -> None:
    passer.after = 0.1
    shown = passer.begin(lobby.path, "recommendation", go="lang:de", recommend="3")
    assert shown.status_code == 200
    assert "weiterempfehlen" in shown.text
    assert re.search(r'value="3" checked', shown.text)
    with reader() as session:
        assert visits(session) == []


def test_anonymous_answers_lead_back_to_nobody(
    passer: Passer, client: FlaskClient, lobby: Lobby, reader: Transaction
) -> None:
    first = client.get(lobby.pulse_path).text
    assert "kept without your name" in first
    visit = passer.begin(lobby.pulse_path, "week", mood="4", wish="other", wish_other="Tea").location
    visit = visit.partition("?")[0]
    sent = passer.go_on(visit, "words", "send", said="Too loud.")
    assert sent.status_code == 200
    assert "nothing that leads back to you" in sent.text
    assert "receipt" not in sent.text

    again = passer.go_on(visit, "words", "send", said="Twice?")
    assert again.text == sent.text
    assert "nothing that leads back to you" in client.get(visit).text
    assert client.get(f"{visit}x").status_code == 410
    with reader() as session:
        assert visits(session) == []
        [told] = session.scalars(select(AnonymousAnswers))
        assert told.answers == {"mood": 4, "wish": "other", "wish_other": "Tea", "said": "Too loud."}
        assert told.given_on == NOW.date()
        assert len(told.id) == 32
        columns = {column.name for column in AnonymousAnswers.__table__.columns}
        assert columns == {"id", "link_id", "version_id", "given_on", "is_suspect", "batch", "answers"}


def test_what_was_never_sent_is_forgotten_after_thirty_days(
    passer: Passer, client: FlaskClient, lobby: Lobby, clock: SetClock, writer: Transaction
) -> None:
    begun = passer.begin(lobby.pulse_path, "week", mood="4").location.partition("?")[0]
    passer.say(lobby.path)
    clock.instant = NOW + timedelta(days=31)
    with writer() as session:
        assert forget_unfinished(session, now=NOW + timedelta(days=30)) == 0
        assert forget_unfinished(session, now=clock.instant) == 1
        assert [kept.state for kept in visits(session)] == [VisitState.WAITING]
    assert "There are no answers at this address any more" in client.get(begun).text
