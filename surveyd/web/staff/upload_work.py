"""An uploaded file set to work: at once while the person waits when it is short, else by a worker."""

from flask import redirect, url_for
from flask_babel import lazy_gettext
from werkzeug.wrappers import Response

from surveyd.base.services import services
from surveyd.closed_loop.answer_imports import KIND as ANSWERS
from surveyd.closed_loop.jobs import WORK_ON_ANSWERS, work_on_any
from surveyd.people.columns import ImportKind
from surveyd.people.jobs import WORK_ON_UPLOAD

AT_ONCE = {ImportKind.ACCOUNTS.value: 2000, ImportKind.CONTACTS.value: 2000, ANSWERS: 200}
"""Files of so many lines are looked at while the person waits: that takes less than reloading the page."""
JOBS = {
    ImportKind.ACCOUNTS.value: WORK_ON_UPLOAD,
    ImportKind.CONTACTS.value: WORK_ON_UPLOAD,
    ANSWERS: WORK_ON_ANSWERS,
}
FILE_KINDS = {
    ImportKind.ACCOUNTS.value: lazy_gettext("accounts"),
    ImportKind.CONTACTS.value: lazy_gettext("contacts"),
    ANSWERS: lazy_gettext("answers"),
}
"""What a file can be a list of, in words."""


def set_to_work(upload_id: int, kind: str, lines: int) -> Response:
    """Do what is next for a file, or have it done, and go to its page."""
    if lines <= AT_ONCE[kind]:
        work_on_any(upload_id)
    else:
        services().bell.ring(JOBS[kind], upload_id)
    return redirect(url_for("staff.import_preview", upload_id=upload_id), 303)
