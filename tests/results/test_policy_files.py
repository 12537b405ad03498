"""A policy's file: what it says comes back as it was, and what is wrong is named, all of it at once."""

import json
import re
from dataclasses import replace
from importlib import util

import pytest
import yaml
from jsonschema import Draft202012Validator
from sqlalchemy.orm import Session

from surveyd.base.errors import BadFile
from surveyd.base.migrations import FOLDER
from surveyd.results.policies import current
from surveyd.results.policy_data import data_of, digest_of, policy_of
from surveyd.results.policy_reading import read_policy, read_policy_data
from surveyd.results.policy_schema import BEGIN, END, reference, schema, written
from surveyd.results.policy_writing import as_yaml
from surveyd.scoring.policy import SHIPPED, AccountRule, Axes, Minimums, Part, Policy, RollUp

OTHER = Policy(
    version="",
    cut=6_025,
    gate=0,
    border=0,
    needed=75,
    axes=Axes(
        attitude=(Part("attitude", 2), Part("item:worth", 0)), growth=(), ease=(Part("stage:support", 3),)
    ),
    accounts=AccountRule(method=RollUp.WATERFALL, stale_after=200),
    minimums=Minimums(shown=7, normal=7),
)
GOOD = as_yaml(SHIPPED, "As before")


def faults(text: str, **asked: list[str]) -> list[str]:
    with pytest.raises(BadFile) as bad:
        read_policy(text, "p.yaml", **asked)
    return [str(fault) for fault in bad.value.faults]


def test_the_migration_lays_the_first_rule_as_it_is_shipped(session: Session) -> None:
    spec = util.spec_from_file_location("policies", FOLDER / "versions" / "0014_policies.py")
    assert spec and spec.loader
    migration = util.module_from_spec(spec)
    spec.loader.exec_module(migration)

    assert data_of(SHIPPED) == migration.FIRST
    assert digest_of(SHIPPED) == migration.DIGEST
    assert current(session) == SHIPPED


@pytest.mark.parametrize("policy", [SHIPPED, OTHER])
@pytest.mark.parametrize("title", ["Ease counts", 'Quoted "words": {and} #signs', "Ünïcode ☃"])
def test_a_written_file_reads_back_as_the_same_policy(policy: Policy, title: str) -> None:
    found = read_policy(as_yaml(policy, title), "p.yaml")

    assert (found.title, found.policy) == (title, replace(policy, version=""))
    assert policy_of("", json.loads(json.dumps(data_of(policy)))) == found.policy


def test_every_fault_is_named_at_once_with_its_line_and_what_would_be_right() -> None:
    text = (
        GOOD.replace("cut: 62.5", "cut: 162.5")
        .replace("border: 6.25 ", "border: 6.255")
        .replace("    attitude: 1", "    attitud: 1")
        .replace("method: weighted_mean", "method: waterfal")
        .replace("    buyer: 2", "    buyr: 2")
        .replace("  shown: 10", "  shown: 40")
    )

    assert [re.sub("^p.yaml, line ", "", fault) for fault in faults(text)] == [
        "3, cut: 162.5 is out of bounds; from 1 to 99",
        "5, border: must be a number; with at most 2 decimals",
        "9, axes.attitude.attitud: 'attitud' is nothing that an item measures; did you mean 'attitude'?",
        "17, accounts.method: 'waterfal' is not known; did you mean 'waterfall'?",
        "19, accounts.roles: 'buyer' is missing; add 'buyer' here",
        "21, accounts.roles.buyr: 'buyr' is not a key that is known here; did you mean 'buyer'?",
        "32, minimums.shown: is more than normal; what is not shown has no base that is normal",
    ]


@pytest.mark.parametrize(
    ("was", "becomes", "said"),
    [
        ("    attitude: 1", "    attitude: 0", "counts nothing"),
        ("    intent: 1", "    item:NO: 1", "is no item's id"),
        ("    intent: 1", "    item:stay: 1", "no questionnaire asks an item 'stay'; did you mean 'stays'?"),
        ("    intent: 1", "    intent: 1.5", "without decimals"),
        ("cut: 62.5", "cut: .nan", "must be a number"),
        ("cut: 62.5", "cut: 1e2", "must be a number"),
        ("cut: 62.5", "cut: [1]", "must be a number"),
        ("needed: 50", "needed: 0", "from 1 to 100"),
        ("  medium_from: 2", "  medium_from: 9", "is more than high_from"),
        ("title: ", "titel: ", "did you mean 'title'?"),
        ('"As before"', "x" * 201, "at most 200 characters"),
        ("cut: 62.5", "cut: 62.5\ncut: 61", "stands here twice"),
    ],
)
def test_what_makes_no_sense_is_a_fault(was: str, becomes: str, said: str) -> None:
    assert was in GOOD
    assert any(said in fault for fault in faults(GOOD.replace(was, becomes, 1), items=["stays"]))


def test_weights_of_nothing_and_text_that_is_no_policy() -> None:
    nobody = re.sub(r"(decision_maker|influencer|buyer|gatekeeper|user|unknown): \d", r"\1: 0", GOOD)
    assert any("no role weighs anything" in fault for fault in faults(nobody))
    assert len(faults("a: 1")) == 9
    for text in ("", "[]", "cut: [", "\x00"):
        assert faults(text)


def test_data_of_a_form_is_checked_like_a_file() -> None:
    data = yaml.safe_load(GOOD)
    assert read_policy_data(data).policy == replace(SHIPPED, version="")
    with pytest.raises(BadFile) as bad:
        read_policy_data({**data, "cut": "sixty"})
    assert [(fault.line, fault.column) for fault in bad.value.faults] == [(0, "cut")]


def test_the_schema_says_what_the_reader_says() -> None:
    Draft202012Validator.check_schema(json.loads(written()))
    check = Draft202012Validator(schema())
    for policy in (SHIPPED, OTHER):
        assert not list(check.iter_errors(yaml.safe_load(as_yaml(policy, "Any"))))
    for was, becomes in (
        ("cut: 62.5", "cut: 162"),
        ("    buyer: 2", "    buyr: 2"),
        ("shown: 10", "shown: no"),
    ):
        assert list(check.iter_errors(yaml.safe_load(GOOD.replace(was, becomes)))), becomes


def test_the_reference_names_every_key() -> None:
    text = reference()
    assert text.startswith(BEGIN) and text.endswith(END)
    for key in re.findall(r"^ *([a-z_]+):", GOOD, re.MULTILINE):
        assert f"`{key}`" in text, key
