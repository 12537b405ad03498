"""What a look before a launch says of the plan: its people beside the last wave's, and the letterhead."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from surveyd.distribution import waves
from surveyd.distribution.audience_plans import Plan as Asked
from surveyd.distribution.audience_plans import filters_of
from surveyd.distribution.audience_samples import save_plan
from surveyd.distribution.launching.findings import green, yellow
from surveyd.distribution.launching.plan import Plan, read_plan
from surveyd.distribution.launching.plan_checks import check_letterhead, check_people, check_returns
from surveyd.distribution.letterheads import letterhead_of, save_letterhead
from surveyd.distribution.models import Wave
from surveyd.distribution.return_models import Door, Return, ReturnState
from tests.distribution.conftest import Post
from tests.fixtures.apps import NOW

LATER = NOW + timedelta(days=180)


def plan_after(post: Post, *, regions: tuple[str, ...] = (), address: str = "") -> Plan:
    """What would go out in the program's next wave."""
    with post.writer() as session:
        program = waves.program_of(session, session.get_one(Wave, post.wave_id))
        wave = waves.schedule_wave(session, program, "w2", at=LATER, now=NOW)
        asked = Asked(filters=filters_of([("region", region) for region in regions]))
        save_plan(session, wave, program, asked, now=NOW, by=None)
        known = letterhead_of(session, program.id)
        save_letterhead(session, program.id, replace(known, postal_address=address), by=None, now=NOW)
        return read_plan(session, wave, program, keys=post.services.keys, now=LATER)


def test_as_many_as_last_time_is_as_it_should_be(post: Post) -> None:
    last = green("as_last_time", "w1", contacts=3, before=3)
    assert last in check_people(plan_after(post))


def test_far_fewer_are_pointed_at_with_the_rule_that_leaves_them_out(post: Post) -> None:
    far = yellow("fewer_or_more_by_rule", "w1", contacts=1, before=3, rule="not_in_filter", then=0, now=2)
    assert far in check_people(plan_after(post, regions=("South",)))


@pytest.mark.parametrize(
    ("address", "code"),
    [
        ("", "postal_address_missing"),
        (" \n", "postal_address_missing"),
        ("Northwind, Kai 1, Kiel", "postal_address"),
    ],
)
def test_a_postal_address_is_looked_for(post: Post, address: str, code: str) -> None:
    assert [found.code for found in check_letterhead(plan_after(post, address=address))] == [code]


def test_whether_mail_ever_came_back_is_told(post: Post) -> None:
    post.send()
    before = check_returns(plan_after(post))
    message_id = post.messages()["anna invitation"].id
    with post.writer() as session:
        facts = {"door": Door.PIPE, "kind": "hard", "state": ReturnState.APPLIED, "size": 1}
        session.add(Return(digest="0" * 64, at=NOW, message_id=None, **facts))
        session.add(Return(digest="1" * 64, at=NOW, message_id=message_id, **facts))
        wave = session.scalars(select(Wave).where(Wave.slug == "w2")).one()
        program = waves.program_of(session, wave)
        plan = read_plan(session, wave, program, keys=post.services.keys, now=LATER)

    assert before == [yellow("returns_never")]
    assert check_returns(plan) == [green("returns_seen", "2026-03-10")]
