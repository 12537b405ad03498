"""The letter: what may stand in it, who approves it, and that it is one mail a person whatever happens."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import object_session

from surveyd.base.errors import BadFile, NotFound, Refused
from surveyd.closed_loop import letters
from surveyd.closed_loop.actions import ActionFacts, add_action, change_action
from surveyd.closed_loop.letter_files import default_texts, read_letter
from surveyd.closed_loop.letter_preview import find_contact, preview, readers
from surveyd.closed_loop.letter_texts import Variant, checked, content_of
from surveyd.closed_loop.models import ActionStatus, Audience, Letter, LetterState
from surveyd.distribution.mails import LANGUAGES
from surveyd.distribution.models import Wave, WaveState
from surveyd.people.access import SYSTEM
from surveyd.people.models import AuditEntry, User
from tests.fixtures.apps import NOW
from tests.fixtures.asking import HAPPY, UNHAPPY, Asking

TEXT = Variant(
    Audience.DEFAULT,
    "en",
    "Thank you, {contact}",
    ("Thanks to {account} from {company}.", "We changed: {changed}", "We will: {planned}"),
    "{sender}\nChief Executive",
)
DONE = ActionFacts(heard="Late", changed="A second carrier", status=ActionStatus.DONE)


def begun(asking: Asking) -> Letter:
    return letters.begin_letter(asking.session, asking.wave, by=None, now=NOW)


def state(letter: Letter) -> LetterState:
    """The state as the database has it now."""
    session = object_session(letter)
    assert session is not None
    session.refresh(letter)
    return letter.state


def executive(asking: Asking) -> User:
    return asking.session.get_one(User, asking.people.executive.id)


def action(asking: Asking, facts: ActionFacts = DONE, **changed: object) -> int:
    facts = replace(facts, **changed)  # type: ignore[arg-type]  # the caller's keywords
    return add_action(asking.session, facts, scope=SYSTEM, by=None, now=NOW).id


class TestTexts:
    @pytest.mark.parametrize("language", LANGUAGES)
    def test_the_default_texts_can_be_sent(self, language: str) -> None:
        assert [text.audience for text in default_texts(language)] == [Audience.DEFAULT, Audience.SILENT]
        assert all(len(text.paragraphs) == 4 and checked(text) == text for text in default_texts(language))

    @pytest.mark.parametrize(
        ("changed", "says"),
        [
            ({"subject": "Hello {name}"}, r"The subject has '\{name\}'.*known names are \{contact\}"),
            ({"subject": "{changed}"}, r"the list \{changed\} stands at the end of a paragraph"),
            ({"paragraphs": ("Fine.", "It is {{7*7}}")}, r"Paragraph 2 has '\{'"),
            ({"paragraphs": ("{changed} and more",)}, "Paragraph 1.*stands at the end"),
            ({"paragraphs": ("An open { brace",)}, "Paragraph 1 has"),
            ({"signature": "{config}"}, "The signature has"),
            ({"subject": " "}, "The subject is empty"),
            ({"paragraphs": (" ", "")}, "no paragraph"),
            ({"paragraphs": ("x",) * 13}, "13 paragraphs"),
            ({"paragraphs": ("x" * 2001,)}, "2001 characters"),
            ({"language": "xx"}, "none of them"),
        ],
    )
    def test_what_cannot_stand_in_a_letter_is_refused_with_its_place(
        self, changed: dict[str, object], says: str
    ) -> None:
        with pytest.raises(Refused, match=says):
            checked(replace(TEXT, **changed))  # type: ignore[arg-type]  # the case's keywords

    def test_line_ends_in_a_subject_are_blanks(self) -> None:
        clean = checked(replace(TEXT, subject="Thanks\r\nBcc: x@y.test\u2028and more"))
        assert clean.subject == "Thanks Bcc: x@y.test and more"

    def test_a_file_is_read_and_its_faults_are_named_by_line(self) -> None:
        good = (
            "actions: [3]\nletters:\n- for: trapped\n  language: de\n  subject: S\n"
            "  paragraphs: [A, B]\n  signature: Z\n"
        )
        read = read_letter(good, "letter.yaml")
        assert read.action_ids == (3,)
        assert read.variants == (Variant(Audience.TRAPPED, "de", "S", ("A", "B"), "Z"),)
        bad = good.replace("trapped", "traped").replace("[A, B]", '["{nmae}"]') + "  colour: red\n"
        with pytest.raises(BadFile) as caught:
            read_letter(bad, "letter.yaml")
        said = "\n".join(map(str, caught.value.faults))
        for part in ("line 3", "did you mean 'trapped'?", "{nmae}", "'colour' is not a key"):
            assert part in said
        with pytest.raises(BadFile, match="have a text already"):
            read_letter(good + good.partition("letters:\n")[2], "letter.yaml")


class TestWriting:
    def test_a_draft_has_good_texts_and_what_is_done(self, asking: Asking) -> None:
        asking.ask(asking.people.anna.id)
        action(asking, status=ActionStatus.UNDER_WAY)
        done = action(asking)

        letter = begun(asking)

        content = letters.content_now(asking.session, letter)
        assert letter.state is LetterState.DRAFT
        assert [point.action_id for point in content.points] == [done]
        assert {text.audience for text in content.variants} == {Audience.DEFAULT, Audience.SILENT}
        with pytest.raises(Refused, match="has its letter already"):
            begun(asking)

    def test_what_one_letter_has_told_no_other_suggests(self, asking: Asking) -> None:
        action(asking)
        begun(asking)
        old = asking.wave
        wave = Wave(
            program_id=old.program_id, slug="2026H2", version_id=old.version_id, state=WaveState.OPEN,
            scheduled_at=NOW, launched_at=NOW, day_zero=NOW, closes_at=NOW,
        )  # fmt: skip
        asking.session.add(wave)
        asking.session.flush()
        letter = letters.begin_letter(asking.session, wave, by=None, now=NOW)
        assert letters.content_now(asking.session, letter).points == ()

    def test_the_same_letter_again_changes_nothing(self, asking: Asking) -> None:
        letter = letters.write_letter(asking.session, asking.wave, [TEXT], by=None, now=NOW)
        letters.approve(asking.session, letter, by=executive(asking), now=NOW)

        letters.write_letter(asking.session, asking.wave, [TEXT], by=None, now=NOW)
        assert state(letter) is LetterState.APPROVED
        letters.write_text(asking.session, letter, replace(TEXT, audience=Audience.TRAPPED), by=None, now=NOW)
        assert state(letter) is LetterState.DRAFT

    def test_a_letter_needs_a_text_for_everybody(self, asking: Asking) -> None:
        trapped = replace(TEXT, audience=Audience.TRAPPED)
        with pytest.raises(Refused, match="a text for everybody"):
            letters.write_letter(asking.session, asking.wave, [trapped], by=None, now=NOW)
        letter = letters.write_letter(asking.session, asking.wave, [TEXT, trapped], by=None, now=NOW)
        drop = {"language": "en", "by": None, "now": NOW}
        letters.drop_text(asking.session, letter, audience=Audience.TRAPPED, **drop)  # type: ignore[arg-type]
        with pytest.raises(Refused, match="needs it"):
            letters.drop_text(asking.session, letter, audience=Audience.DEFAULT, **drop)  # type: ignore[arg-type]

    def test_only_known_actions_are_told(self, asking: Asking) -> None:
        letter = begun(asking)
        with pytest.raises(Refused, match="no action 77"):
            letters.choose_actions(asking.session, letter, [77], by=None, now=NOW)


class TestApproval:
    @pytest.mark.parametrize("who", ["admin", "leader", "mona", "support"])
    def test_nobody_but_an_executive_approves(self, asking: Asking, who: str) -> None:
        user = asking.session.get_one(User, getattr(asking.people, who).id)
        with pytest.raises(Refused, match="by an executive"):
            letters.approve(asking.session, begun(asking), by=user, now=NOW)

    def test_an_executive_who_left_approves_nothing(self, asking: Asking) -> None:
        user = executive(asking)
        user.active = False
        with pytest.raises(Refused, match="by an executive"):
            letters.approve(asking.session, begun(asking), by=user, now=NOW)

    def test_an_approval_keeps_what_was_approved(self, asking: Asking) -> None:
        action(asking)
        letter = begun(asking)
        letters.approve(asking.session, letter, by=executive(asking), now=NOW)
        again = NOW + timedelta(hours=1)
        letters.approve(asking.session, letter, by=executive(asking), now=again)

        content = letters.content_now(asking.session, letter)
        assert (letter.state, letter.approved_at) == (LetterState.APPROVED, NOW)
        assert letter.digest == content.digest == content_of(letter.content).digest
        trail = asking.session.scalars(select(AuditEntry).where(AuditEntry.thing == "letter")).all()
        assert [(row.action, row.user_id) for row in trail] == [
            ("write", None),
            ("approve", asking.people.executive.id),
        ]

    def test_what_changed_since_it_was_read_is_not_approved(self, asking: Asking) -> None:
        letter = begun(asking)
        seen = letters.content_now(asking.session, letter).digest
        letters.write_text(asking.session, letter, TEXT, by=None, now=NOW)
        with pytest.raises(Refused, match="changed since you read it"):
            letters.approve(asking.session, letter, by=executive(asking), now=NOW, seen=seen)

    def test_a_changed_action_makes_an_approved_letter_a_draft(self, asking: Asking) -> None:
        done = action(asking)
        letter = begun(asking)
        letters.approve(asking.session, letter, by=executive(asking), now=NOW)
        owned = replace(DONE, owner_id=asking.people.mona.id)
        change_action(asking.session, done, owned, scope=SYSTEM, by=None, now=NOW)
        assert state(letter) is LetterState.APPROVED

        said = replace(owned, changed="Two carriers")
        change_action(asking.session, done, said, scope=SYSTEM, by=None, now=NOW)

        assert state(letter) is LetterState.DRAFT
        with pytest.raises(Refused, match="an executive approves it first"):
            letters.send(asking.session, letter, to_silent=False, by=None, now=NOW)

    def test_a_wave_that_was_not_launched_has_no_letter(self, asking: Asking) -> None:
        asking.wave.launched_at, asking.wave.state = None, WaveState.SCHEDULED
        with pytest.raises(Refused, match="was not launched"):
            begun(asking)


class TestPreview:
    def test_a_preview_is_a_real_persons_and_its_links_lead_nowhere(self, asking: Asking) -> None:
        asking.answer(asking.ask(asking.people.anna.id), UNHAPPY)
        action(asking)
        action(asking, changed="A branch in the South", region="South")
        letter = letters.write_letter(asking.session, asking.wave, [TEXT], by=None, now=NOW)

        shown = preview(
            asking.session, letter, asking.people.anna.id, scope=SYSTEM, now=NOW, base_url="https://s.test"
        )

        assert shown.words.subject == "Thank you, Anna Adler"
        assert "Thanks to Nordwind from Example Works." in shown.words.text
        assert "- A second carrier" in shown.words.text and "branch in the South" not in shown.words.text
        assert "We will" not in shown.words.text
        assert "10 March 2026" in shown.words.html
        assert "/u/not-in-a-preview" in shown.words.text
        with pytest.raises(NotFound):
            preview(asking.session, letter, asking.people.sofie.id, scope=SYSTEM, now=NOW, base_url="")

    def test_the_text_follows_segment_and_language(self, asking: Asking) -> None:
        people, session = asking.people, asking.session
        asking.answer(asking.ask(people.anna.id), UNHAPPY)
        asking.answer(asking.ask(people.aziz.id), HAPPY)
        asking.answer(asking.ask(people.sofie.id), UNHAPPY)
        trapped = replace(TEXT, audience=Audience.TRAPPED, subject="Trapped")
        german = replace(TEXT, language="de", subject="Danke")
        letter = letters.write_letter(session, asking.wave, [TEXT, trapped, german], by=None, now=NOW)

        def subject(contact_id: int) -> str:
            shown = preview(session, letter, contact_id, scope=SYSTEM, now=NOW, base_url="")
            return shown.words.subject

        assert [subject(who.id) for who in (people.anna, people.aziz, people.sofie)] == [
            "Trapped",
            "Thank you, Aziz Ahmed",
            "Danke",
        ]

    def test_readers_are_found_by_words(self, asking: Asking) -> None:
        people, session = asking.people, asking.session
        asking.ask(people.aziz.id)
        asking.answer(asking.ask(people.anna.id), UNHAPPY)
        letter = begun(asking)

        def names(search: str = "") -> list[str]:
            return [one.name for one in readers(session, letter, scope=SYSTEM, search=search)]

        assert names() == ["Anna Adler", "Aziz Ahmed"]
        assert names("AHM") == ["Aziz Ahmed"]
        assert names("%") == []
        letters.write_letter(session, asking.wave, [TEXT], by=None, now=NOW)
        assert names() == ["Anna Adler"]
        assert find_contact(session, letter, "C-adler", scope=SYSTEM) == people.anna.id
        assert find_contact(session, letter, str(people.anna.id), scope=SYSTEM) == people.anna.id
        with pytest.raises(NotFound):
            find_contact(session, letter, "C-sommer", scope=SYSTEM)

    def test_a_letter_without_a_text_for_the_silent_goes_to_none_of_them(self, asking: Asking) -> None:
        letter = letters.write_letter(asking.session, asking.wave, [TEXT], by=None, now=NOW)
        letters.approve(asking.session, letter, by=executive(asking), now=NOW)
        with pytest.raises(Refused, match="no text for those who did not answer"):
            letters.send(asking.session, letter, to_silent=True, by=None, now=NOW)
