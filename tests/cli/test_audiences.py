"""`surveyd wave audience`: whom a wave asks, and why somebody gets no mail."""

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from flask import Flask

from surveyd.cli.waves import wave
from surveyd.distribution.models import Invitation
from surveyd.distribution.suppressions import opt_out
from surveyd.people.models import AuditEntry
from tests.distribution.conftest import make_wave
from tests.fixtures.apps import NOW, Transaction
from tests.fixtures.cast import Cast

Say = Callable[..., Result]


@pytest.fixture
def say(app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cast: Cast, writer: Transaction) -> Say:
    """`say(*words)` runs `surveyd wave audience w1` with these words."""
    monkeypatch.setenv("SURVEYD_DATA", str(tmp_path / "data"))
    with writer() as session:
        make_wave(session)

    def run(*words: str) -> Result:
        return CliRunner().invoke(wave, ["audience", "w1", *words], obj=lambda config: app)

    return run


def test_it_says_whom_the_wave_asks_and_keeps_it(say: Say, reader: Transaction) -> None:
    first = say("--only", "region=North", "--sample", "50%", "--seed", "7", "--revenue", "1000..")
    assert "1 contacts are in, 2 are out." in first.stdout
    assert "Only region: North" in first.stdout and "Drawn: 1 of 2, seed 7." in first.stdout

    again = json.loads(say("--json").stdout)
    assert (again["in"], again["out"], again["by_rule"]) == (1, 2, {"not_in_filter": 1, "not_in_sample": 1})
    assert again["plan"]["sampling"]["seed"] == 7
    assert say("--draw").exit_code == 0
    assert "3 contacts are in, 0 are out." in say("--everybody").stdout
    with reader() as session:
        actions = [entry.action for entry in session.query(AuditEntry).order_by(AuditEntry.id)]
    assert actions == ["plan_audience", "draw_audience", "plan_audience"]


@pytest.mark.parametrize(
    "words",
    [
        ("--only", "password=x"),
        ("--only", "region"),
        ("--sample", "many"),
        ("--sample", "0"),
        ("--revenue", "12"),
        ("--customers", "both"),
        ("--sample", "5", "--by", "segment"),
        ("--draw",),
    ],
)
def test_what_cannot_be_changes_nothing(say: Say, words: tuple[str, ...]) -> None:
    assert say(*words).exit_code != 0
    assert json.loads(say("--json").stdout)["in"] == 3


def test_why_somebody_gets_no_mail(say: Say, cast: Cast, writer: Transaction) -> None:
    with writer() as session:
        opt_out(session, cast.anna.id, now=NOW)

    assert say("--why", "anna").stdout == (
        "Anna Adler (C-adler) of Nordwind gets no mail: the contact asked not to be mailed.\n"
    )
    assert (
        "Sofie Sommer (C-sommer) of Südwerk would be in."
        in say("--why", "sudwerk.test").stdout + say("--why", "Südwerk").stdout
    )
    assert "No contact is like that" in say("--why", "%").stdout


def test_the_filter_and_the_other_wave_are_named(say: Say, cast: Cast, writer: Transaction) -> None:
    before = NOW - timedelta(days=40)
    with writer() as session:
        other = make_wave(session, "before", rest_days=120)
        other.launched_at = before
        session.add(
            Invitation(
                wave_id=other.id,
                contact_id=cast.anna.id,
                account_id=cast.nordwind,
                version_id=other.version_id,
                token_digest="0" * 64,
                language="en",
                time_zone="UTC",
                invited_at=before,
            )
        )
    say("--only", "region=South", "--only", "tier=B", "--revenue", "..500")

    assert say("--why", "anna").stdout == (
        "Anna Adler (C-adler) of Nordwind gets no mail: account or contact are not among those whom this wave"
        " asks (region is North, asked is South, tier is A, asked is B, revenue is not within what is"
        " asked); the contact was asked within the rest period (2026-01-29 by the wave before of"
        " program-before; until 2026-05-29).\n"
    )
