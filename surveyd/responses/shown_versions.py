"""The version that somebody was shown: they go on in it, though their wave asks another one meanwhile."""

import re
from dataclasses import replace

from sqlalchemy import bindparam, select
from sqlalchemy.orm import aliased

from surveyd.base.database import Rows
from surveyd.base.prepared import Prepared
from surveyd.distribution.models import QuestionnaireVersion
from surveyd.responses.drafts import Link

DIGEST = re.compile("[0-9a-f]{64}")
_now, _shown = aliased(QuestionnaireVersion), aliased(QuestionnaireVersion)
SHOWN = Prepared(
    select(_shown.id)
    .join(_now, _now.slug == _shown.slug)
    .where(_now.id == bindparam("version"), _shown.digest == bindparam("digest"))
)


def as_shown(rows: Rows, link: Link, digest: str) -> Link:
    """The link on the version with this digest, if nothing is saved yet and it is the same questionnaire's.

    Whoever opened a page before another version was published for their wave has typed under the old one:
    their first save begins there.
    """
    if link.saves or link.is_sent or digest == link.digest or not DIGEST.fullmatch(digest):
        return link
    found = SHOWN.first(rows, {"version": link.version_id, "digest": digest})
    return link if found is None else replace(link, version_id=found.id, digest=digest)
