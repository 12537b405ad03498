"""What every staff page stands in: the blueprint, and the navigation fitted to the reader's role."""

from dataclasses import dataclass

from flask import Blueprint, g, request
from flask_babel import lazy_gettext
from werkzeug.routing import BaseConverter

from surveyd.web.access import Reader, reader
from surveyd.web.staff.lists import address_of

bp = Blueprint("staff", __name__, url_prefix="/staff")
bp.add_app_template_global(address_of)

WORDS_AT_MOST = 5


@dataclass(frozen=True, slots=True)
class Room:
    """One page that the navigation may lead to, and the pages that belong to it."""

    endpoint: str
    name: str
    within: tuple[str, ...] = ()


HEALTH = Room("staff.health", lazy_gettext("Health"), ("staff.moved_people",))
BREAKDOWN = Room("staff.breakdown", lazy_gettext("Breakdown"))
BENCHMARKS = Room(
    "staff.benchmarks",
    lazy_gettext("Benchmarks"),
    (
        "staff.add_figure",
        "staff.take_figures",
        "staff.churn",
        "staff.enter_churn",
        "staff.rates",
        "staff.add_rate",
        "staff.choose_reporting",
    ),
)
THEMES = Room("staff.themes", lazy_gettext("Themes"), ("staff.comments", "staff.tone", "staff.ask_tone"))
DRIVERS = Room("staff.drivers_page", lazy_gettext("Drivers"), ("staff.driver_people",))
ACCOUNTS = Room(
    "staff.accounts",
    lazy_gettext("Accounts"),
    (
        "staff.account",
        "staff.by_hand",
        "staff.own_contacts",
        "staff.own_contact",
        "staff.confirm_rest",
        "staff.finish_confirmation",
        "staff.confirm_contact",
        "staff.take_back_mark",
        "staff.exclude_contact",
        "staff.correct_contact",
        "staff.new_contact",
        "staff.add_own_contact",
        "staff.invite_colleague",
        "staff.responses",
        "staff.asked_people",
        "staff.response",
        "staff.team",
    ),
)
DUPLICATES = Room(
    "staff.duplicates", lazy_gettext("Duplicates"), ("staff.duplicate_pair", "staff.merge_pair")
)
CASES = Room(
    "staff.cases",
    lazy_gettext("Cases"),
    ("staff.case", "staff.log_case", "staff.close_case", "staff.hand_case_over"),
)
CALLS = Room(
    "staff.calls",
    lazy_gettext("Calls"),
    (
        "staff.call",
        "staff.record_call",
        "staff.call_form",
        "staff.take_call_form",
        "staff.call_backs",
        "staff.call_figures",
        "staff.call_sheet",
        "staff.preview_sheet",
        "staff.barred_numbers",
        "staff.bar_number",
    ),
)
UNMATCHED = Room(
    "staff.unmatched",
    lazy_gettext("Unmatched"),
    (
        "staff.unmatched_response",
        "staff.match_response",
        "staff.match_to_new",
        "staff.note_response",
        "staff.dismiss_response",
    ),
)
ACTIONS = Room("staff.actions", lazy_gettext("Actions"), ("staff.action", "staff.new_action"))
WAVES = Room(
    "staff.waves",
    lazy_gettext("Waves"),
    (
        "staff.wave",
        "staff.preflight",
        "staff.confirmation",
        "staff.begin_confirmation",
        "staff.change_confirmation",
        "staff.ask_manager",
        "staff.put_contact_back",
        "staff.rehearsal",
        "staff.audience",
        "staff.audience_plan",
        "staff.save_audience_plan",
        "staff.wave_statement",
        "staff.seal_wave",
        "staff.launch_wave",
        "staff.set_wave_rate",
        "staff.override_checks",
        "staff.rehearse",
        "staff.lacking_accounts",
        "staff.letter",
        "staff.edit_letter",
        "staff.summary",
    ),
)
CALENDAR = Room(
    "staff.calendar",
    lazy_gettext("Calendar"),
    ("staff.accept_proposal", "staff.move_proposal", "staff.drop_proposal", "staff.black_out"),
)
PROGRAMS = Room(
    "staff.programs",
    lazy_gettext("Programs"),
    (
        "staff.program",
        "staff.program_questionnaire",
        "staff.timing",
        "staff.give_cadence",
        "staff.give_rhythm",
        "staff.limit_days",
        "staff.call_rules",
        "staff.set_call_rules",
        "staff.program_mails",
        "staff.edit_mail",
        "staff.mail_version",
        "staff.shipped_mail",
        "staff.triggers",
        "staff.set_renewal",
        "staff.make_trigger_key",
    ),
)
LINKS = Room("staff.links", lazy_gettext("Open links"), ("staff.link", "staff.link_results"))
QUESTIONNAIRES = Room(
    "staff.questionnaires",
    lazy_gettext("Questionnaires"),
    (
        "staff.questionnaire",
        "staff.preview_questionnaire",
        "staff.compare_questionnaire",
        "staff.edit_questionnaire",
        "staff.edit_texts",
        "staff.edit_file",
        "staff.review_questionnaire",
    ),
)
CODEBOOK = Room(
    "staff.codebook",
    lazy_gettext("Codebook"),
    ("staff.codebook_theme", "staff.count_codebook_theme", "staff.compare_codebook"),
)
POLICIES = Room("staff.policies", lazy_gettext("Scoring"), ("staff.policy", "staff.new_policy"))
SUPPRESSIONS = Room(
    "staff.suppressions",
    lazy_gettext("Suppressions"),
    ("staff.opt_outs", "staff.returns", "staff.returned", "staff.make_hook_key"),
)
OUTBOX = Room("staff.outbox", lazy_gettext("Outbox"), ("staff.message", "staff.held", "staff.decide_held"))
SENDING = Room("staff.sending", lazy_gettext("Sending"), ("staff.set_sending_limit",))
IMPORTS = Room(
    "staff.imports",
    lazy_gettext("Imports"),
    ("staff.import_mappings", "staff.import_preview", "staff.response_import", "staff.take_answers"),
)
USERS = Room("staff.users", lazy_gettext("Users"), ("staff.user",))
TEMPLATES = Room("staff.templates", lazy_gettext("Templates"), ("staff.template",))

SECTIONS: tuple[tuple[str, tuple[Room, ...]], ...] = (
    (lazy_gettext("Health"), (HEALTH, BREAKDOWN, DRIVERS, THEMES, BENCHMARKS)),
    (lazy_gettext("Accounts"), (ACCOUNTS, DUPLICATES)),
    (lazy_gettext("Follow-up"), (CASES, CALLS, UNMATCHED, ACTIONS)),
    (lazy_gettext("Waves"), (WAVES, CALENDAR, PROGRAMS, LINKS, OUTBOX, SENDING, SUPPRESSIONS)),
    (lazy_gettext("Setup"), (QUESTIONNAIRES, CODEBOOK, POLICIES, IMPORTS, USERS, TEMPLATES)),
)
"""The house as staff walk through it: five rooms or fewer are named one by one, more by their sections."""


class IdConverter(BaseConverter):
    """A row's id in an address, written `<id:case_id>`: what no row can have leads nowhere."""

    regex = r"[1-9][0-9]{0,17}"

    def to_python(self, value: str) -> int:
        return int(value)


@dataclass(frozen=True, slots=True)
class Place:
    """One entry of the navigation."""

    endpoint: str
    name: str
    is_here: bool


def places_of(who: Reader) -> list[Place]:
    """The navigation of a reader: five words at most, and where the reader is."""
    open_sections = [(name, _open_rooms(who, rooms)) for name, rooms in SECTIONS]
    rooms = [room for _, rooms in open_sections for room in rooms]
    if len(rooms) <= WORDS_AT_MOST:
        return [_place(room.name, [room]) for room in rooms]
    return [
        _place(name if len(rooms) > 1 else rooms[0].name, rooms) for name, rooms in open_sections if rooms
    ]


def rooms_of(who: Reader) -> list[Place]:
    """The rooms beside this one, where the navigation shows sections only; else none."""
    every = [_open_rooms(who, rooms) for _, rooms in SECTIONS]
    if sum(map(len, every)) <= WORDS_AT_MOST:
        return []
    here = next((rooms for rooms in every if any(_is_here(room) for room in rooms)), [])
    return [_place(room.name, [room]) for room in here] if len(here) > 1 else []


def _open_rooms(who: Reader, rooms: tuple[Room, ...]) -> list[Room]:
    return [room for room in rooms if who.may_open(room.endpoint)]


def _place(name: str, rooms: list[Room]) -> Place:
    return Place(rooms[0].endpoint, name, any(_is_here(room) for room in rooms))


def _is_here(room: Room) -> bool:
    return request.endpoint == room.endpoint or request.endpoint in room.within


@bp.context_processor
def _around() -> dict[str, object]:
    # An error page may be drawn before anybody is known.
    if "reader" not in g:
        return {}
    who = reader()
    return {"reader": who, "places": places_of(who), "rooms": rooms_of(who)}
