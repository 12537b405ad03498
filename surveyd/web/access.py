"""Which role may open which page: one table, closed for whatever does not stand in it.

This decides about pages; which rows a page shows is decided by the reader's Scope.
"""

from dataclasses import dataclass
from typing import cast
from urllib.parse import quote
from zoneinfo import ZoneInfo

from flask import Flask, g, redirect, request
from flask_security import current_user
from werkzeug.exceptions import Forbidden, NotFound, Unauthorized
from werkzeug.wrappers import Response

from surveyd.base.clock import zone_named
from surveyd.people.access import Scope, scope_of
from surveyd.people.models import StaffRole, User

ADMIN, EXECUTIVE, LEADER = StaffRole.ADMIN, StaffRole.EXECUTIVE, StaffRole.REGIONAL_LEADER
MANAGER, SUPPORT = StaffRole.ACCOUNT_MANAGER, StaffRole.SUPPORT

EVERYBODY = None
SIGNED_IN = frozenset(StaffRole)
ADMINS = frozenset({ADMIN})
WAVE_READERS = frozenset({ADMIN, EXECUTIVE})
CALLERS = frozenset({ADMIN, SUPPORT})
CALL_MAKERS = CALLERS | {MANAGER}
"""An account manager calls whom a caller handed over, and sees nobody else of the list."""
LEADERS = frozenset({ADMIN, EXECUTIVE, LEADER})
ACCOUNT_READERS = LEADERS | {MANAGER}
ASKERS = frozenset({ADMIN, LEADER, MANAGER})

RIGHTS: dict[str, frozenset[StaffRole] | None] = {
    "static": EVERYBODY,
    "respond.show": EVERYBODY,
    "respond.submit": EVERYBODY,
    "respond.answers": EVERYBODY,
    "respond.correction": EVERYBODY,
    "respond.correct": EVERYBODY,
    "respond.other": EVERYBODY,
    "respond.ask": EVERYBODY,
    "open.show": EVERYBODY,
    "open.begin": EVERYBODY,
    "open.visit": EVERYBODY,
    "open.take": EVERYBODY,
    "hooks.opt_out": EVERYBODY,
    "returned_mails.take": EVERYBODY,
    "invitations_api.invite": EVERYBODY,
    "health.health": EVERYBODY,
    "demo.mails": EVERYBODY,
    "demo.mail": EVERYBODY,
    "demo.mail_html": EVERYBODY,
    "security.login": EVERYBODY,
    "passwords.forgot": EVERYBODY,
    "passwords.send_reset": EVERYBODY,
    "passwords.choose": EVERYBODY,
    "passwords.take_choice": EVERYBODY,
    "staff.home": SIGNED_IN,
    "staff.sign_out": SIGNED_IN,
    "staff.health": LEADERS,
    "staff.breakdown": ACCOUNT_READERS,
    "staff.health_chart": LEADERS,
    "staff.themes": ACCOUNT_READERS,
    "staff.comments": ACCOUNT_READERS,
    "staff.tone": ACCOUNT_READERS,
    "staff.codebook": ADMINS,
    "staff.codebook_theme": ADMINS,
    "staff.save_codebook_theme": ADMINS,
    "staff.count_codebook_theme": ADMINS,
    "staff.drop_codebook_theme": ADMINS,
    "staff.compare_codebook": ADMINS,
    "staff.drivers_page": LEADERS,
    "staff.ask_drivers": LEADERS,
    "staff.driver_people": LEADERS,
    "staff.accounts": ACCOUNT_READERS,
    "staff.accounts_csv": ACCOUNT_READERS,
    "staff.account": ACCOUNT_READERS,
    "staff.responses_csv": ACCOUNT_READERS,
    "staff.responses_xlsx": ACCOUNT_READERS,
    "staff.add_nominated": frozenset({ADMIN, MANAGER}),
    "staff.dismiss_nomination": frozenset({ADMIN, MANAGER}),
    "staff.team": LEADERS,
    "staff.moved_people": LEADERS,
    "staff.benchmarks": LEADERS,
    "staff.add_figure": ADMINS,
    "staff.take_figures": ADMINS,
    "staff.withdraw_figure": ADMINS,
    "staff.churn": LEADERS,
    "staff.enter_churn": ADMINS,
    "staff.rates": LEADERS,
    "staff.add_rate": ADMINS,
    "staff.choose_reporting": ADMINS,
    "staff.responses": ACCOUNT_READERS,
    "staff.response": SIGNED_IN,
    "staff.response_pdf": SIGNED_IN,
    "staff.ask_response_pdf": SIGNED_IN,
    "staff.paper": SIGNED_IN,
    "staff.make_paper": SIGNED_IN,
    "staff.paper_file": SIGNED_IN,
    "staff.cases": SIGNED_IN,
    "staff.case": SIGNED_IN,
    "staff.log_case": SIGNED_IN,
    "staff.close_case": SIGNED_IN,
    "staff.hand_case_over": SIGNED_IN,
    "staff.actions": SIGNED_IN,
    "staff.action": SIGNED_IN,
    "staff.new_action": LEADERS,
    "staff.add_action": LEADERS,
    "staff.change_action": LEADERS,
    "staff.calls": CALL_MAKERS,
    "staff.call": CALL_MAKERS,
    "staff.call_state": CALL_MAKERS,
    "staff.next_call": CALL_MAKERS,
    "staff.claim_call": CALL_MAKERS,
    "staff.release_call": CALL_MAKERS,
    "staff.record_call": CALL_MAKERS,
    "staff.call_form": CALL_MAKERS,
    "staff.take_call_form": CALL_MAKERS,
    "staff.hand_call_over": CALL_MAKERS,
    "staff.take_call_over": CALL_MAKERS,
    "staff.call_backs": CALL_MAKERS,
    "staff.call_figures": CALLERS | LEADERS,
    "staff.call_sheet": CALLERS,
    "staff.call_sheet_csv": CALLERS,
    "staff.preview_sheet": CALLERS,
    "staff.record_sheet": CALLERS,
    "staff.barred_numbers": CALLERS,
    "staff.bar_number": CALLERS,
    "staff.allow_number": CALLERS,
    "staff.call_rules": ADMINS,
    "staff.set_call_rules": ADMINS,
    "staff.waves": WAVE_READERS,
    "staff.calendar": WAVE_READERS,
    "staff.accept_proposal": ADMINS,
    "staff.move_proposal": ADMINS,
    "staff.drop_proposal": ADMINS,
    "staff.black_out": ADMINS,
    "staff.lift_blackout": ADMINS,
    "staff.summary": WAVE_READERS,
    "staff.ask_summary_pdf": WAVE_READERS,
    "staff.mail_summary": WAVE_READERS,
    "staff.wave": WAVE_READERS,
    "staff.wave_progress": WAVE_READERS,
    "staff.audience": WAVE_READERS,
    "staff.audience_csv": WAVE_READERS,
    "staff.audience_xlsx": WAVE_READERS,
    "staff.lacking_accounts": WAVE_READERS,
    "staff.audience_plan": ADMINS,
    "staff.save_audience_plan": ADMINS,
    "staff.draw_audience": ADMINS,
    "staff.wave_statement": WAVE_READERS,
    "staff.seal_wave": ADMINS,
    "staff.preflight": WAVE_READERS,
    "staff.look_again": ADMINS,
    "staff.override_checks": ADMINS,
    "staff.confirm_override": ADMINS,
    "staff.rehearsal": WAVE_READERS,
    "staff.rehearse": ADMINS,
    "staff.rehearsal_csv": WAVE_READERS,
    "staff.rehearsal_xlsx": WAVE_READERS,
    "staff.launch_wave": ADMINS,
    "staff.pause_wave": ADMINS,
    "staff.resume_wave": ADMINS,
    "staff.cancel_wave": ADMINS,
    "staff.set_wave_rate": ADMINS,
    "staff.letter": WAVE_READERS,
    "staff.letter_mail": WAVE_READERS,
    "staff.begin_letter": ADMINS,
    "staff.edit_letter": ADMINS,
    "staff.write_letter": ADMINS,
    "staff.drop_letter_text": ADMINS,
    "staff.choose_letter_actions": ADMINS,
    "staff.approve_letter": frozenset({EXECUTIVE}),
    "staff.send_letter": WAVE_READERS,
    "staff.retry_letter_paper": WAVE_READERS,
    "staff.links": WAVE_READERS,
    "staff.link": WAVE_READERS,
    "staff.link_svg": WAVE_READERS,
    "staff.link_png": WAVE_READERS,
    "staff.link_results": WAVE_READERS,
    "staff.count_suspects": ADMINS,
    "staff.make_link": ADMINS,
    "staff.switch_link": ADMINS,
    "staff.unmatched": CALLERS,
    "staff.unmatched_response": CALLERS,
    "staff.match_response": CALLERS,
    "staff.match_to_new": CALLERS,
    "staff.note_response": CALLERS,
    "staff.dismiss_response": CALLERS,
    "staff.mark_spam": CALLERS,
    "staff.put_back": CALLERS,
    "staff.programs": ADMINS,
    "staff.create_program": ADMINS,
    "staff.program": ADMINS,
    "staff.timing": ADMINS,
    "staff.give_cadence": ADMINS,
    "staff.give_rhythm": ADMINS,
    "staff.limit_days": ADMINS,
    "staff.schedule_wave": ADMINS,
    "staff.program_questionnaire": ADMINS,
    "staff.use_questionnaire": ADMINS,
    "staff.set_after_sending": ADMINS,
    "staff.set_case_survey": ADMINS,
    "staff.policies": WAVE_READERS,
    "staff.policy": WAVE_READERS,
    "staff.policy_progress": WAVE_READERS,
    "staff.policy_file": WAVE_READERS,
    "staff.new_policy": WAVE_READERS,
    "staff.propose_policy": WAVE_READERS,
    "staff.propose_policy_file": WAVE_READERS,
    "staff.compare_policy": WAVE_READERS,
    "staff.accept_policy": WAVE_READERS,
    "staff.withdraw_policy": WAVE_READERS,
    "staff.questionnaires": ADMINS,
    "staff.questionnaire": ADMINS,
    "staff.questionnaire_file": ADMINS,
    "staff.preview_questionnaire": ADMINS,
    "staff.preview_page": ADMINS,
    "staff.turn_preview": ADMINS,
    "staff.compare_questionnaire": ADMINS,
    "staff.edit_questionnaire": ADMINS,
    "staff.change_part": ADMINS,
    "staff.add_module": ADMINS,
    "staff.add_language": ADMINS,
    "staff.sign_translation": ADMINS,
    "staff.take_shipped": ADMINS,
    "staff.drop_questionnaire_edit": ADMINS,
    "staff.edit_texts": ADMINS,
    "staff.save_texts": ADMINS,
    "staff.show_texts": ADMINS,
    "staff.preview_texts": ADMINS,
    "staff.edit_file": ADMINS,
    "staff.take_file": ADMINS,
    "staff.review_questionnaire": ADMINS,
    "staff.publish_questionnaire": ADMINS,
    "staff.suppressions": ADMINS,
    "staff.suppressions_csv": ADMINS,
    "staff.add_suppression": ADMINS,
    "staff.import_suppressions": ADMINS,
    "staff.lift_suppression": ADMINS,
    "staff.opt_outs": ADMINS,
    "staff.resubscribe": ADMINS,
    "staff.by_hand": ASKERS,
    "staff.send_again": ASKERS,
    "staff.remind_now": ASKERS,
    "staff.invite_now": ASKERS,
    "staff.invite_colleague": ASKERS,
    "staff.triggers": ADMINS,
    "staff.set_renewal": ADMINS,
    "staff.make_trigger_key": ADMINS,
    "staff.end_trigger_key": ADMINS,
    "staff.returns": ADMINS,
    "staff.returned": ADMINS,
    "staff.settle_return": ADMINS,
    "staff.make_hook_key": ADMINS,
    "staff.end_hook_key": ADMINS,
    "staff.outbox": ADMINS,
    "staff.release_outbox": ADMINS,
    "staff.held": ADMINS,
    "staff.decide_held": ADMINS,
    "staff.sending": ADMINS,
    "staff.set_sending_limit": ADMINS,
    "staff.message": ADMINS,
    "staff.message_html": ADMINS,
    "staff.release_message": ADMINS,
    "staff.cancel_message": ADMINS,
    "staff.imports": ADMINS,
    "staff.take_upload": ADMINS,
    "staff.import_preview": ADMINS,
    "staff.map_upload": ADMINS,
    "staff.read_upload": ADMINS,
    "staff.import_mappings": ADMINS,
    "staff.rename_source": ADMINS,
    "staff.delete_source": ADMINS,
    "staff.apply_upload": ADMINS,
    "staff.discard_upload": ADMINS,
    "staff.rejected_rows": ADMINS,
    "staff.response_import": ADMINS,
    "staff.take_answers": ADMINS,
    "staff.answers_template": ADMINS,
    "staff.users": ADMINS,
    "staff.add_user": ADMINS,
    "staff.user": ADMINS,
    "staff.change_user": ADMINS,
    "staff.send_welcome": ADMINS,
    "staff.end_sessions_of": ADMINS,
    "staff.program_mails": ADMINS,
    "staff.save_letterhead": ADMINS,
    "staff.save_seeds": ADMINS,
    "staff.edit_mail": ADMINS,
    "staff.save_mail": ADMINS,
    "staff.show_mail": ADMINS,
    "staff.preview_mail": ADMINS,
    "staff.test_mail": ADMINS,
    "staff.mail_version": ADMINS,
    "staff.shipped_mail": ADMINS,
    "staff.bring_back_mail": ADMINS,
    "staff.templates": ADMINS,
    "staff.template": ADMINS,
    "staff.template_html": ADMINS,
    "staff.me": SIGNED_IN,
    "staff.change_me": SIGNED_IN,
    "staff.change_password": SIGNED_IN,
}


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads the page: loaded once a request, before its view."""

    user_id: int
    name: str
    email: str
    role: StaffRole
    scope: Scope
    zone: ZoneInfo

    def may_open(self, endpoint: str) -> bool:
        """Whether the table opens `endpoint` to this reader, for showing a link or a button at all."""
        roles = RIGHTS.get(endpoint, frozenset())
        return roles is EVERYBODY or self.role in roles


def open_access(app: Flask) -> None:
    """Guard every route of `app` by the table."""
    app.before_request(_guard)


def reader() -> Reader:
    """The signed-in reader of this request. Only for views that the table does not open to everybody."""
    return cast(Reader, g.reader)


def _guard() -> Response | None:
    if request.routing_exception is not None or request.endpoint is None:
        return None  # Flask answers 404, 405 or a redirect to the right spelling.
    if request.endpoint not in RIGHTS:
        raise NotFound
    roles = RIGHTS[request.endpoint]
    if roles is EVERYBODY:
        return None
    found = _load_reader()
    if found is None:
        return _ask_to_sign_in()
    g.reader = found
    if found.role not in roles:
        raise Forbidden
    return None


def _load_reader() -> Reader | None:
    user = current_user
    if not user.is_authenticated:
        return None
    row = cast(User, user)
    return Reader(row.id, row.name or row.email, row.email, row.role, scope_of(row), _zone(row.time_zone))


def _zone(name: str) -> ZoneInfo:
    try:
        return zone_named(name or "UTC")
    except ValueError:
        return ZoneInfo("UTC")


def _ask_to_sign_in() -> Response:
    if request.method not in ("GET", "HEAD"):
        raise Unauthorized
    return redirect(f"/staff/login?next={quote(request.full_path.rstrip('?'))}", 303)
