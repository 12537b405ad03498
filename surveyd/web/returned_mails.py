"""The webhook for mail that came back: for mail servers elsewhere that cannot pipe into a command.

`POST /hooks/returns` with the mail as it came (raw MIME) as the body, and the key as `Authorization: Bearer`.
The same mail twice counts once. What could not be kept is answered 503, so that it is handed over again.
A probe that a seed box hands on is taken here, too.
"""

from flask import Blueprint, jsonify, request
from werkzeug.exceptions import BadRequest, TooManyRequests, Unauthorized
from werkzeug.wrappers import Response

from surveyd.base.database import reading, writing
from surveyd.base.services import services
from surveyd.distribution.hook_keys import find_hook_key, note_use
from surveyd.distribution.launching.probe_checks import receive
from surveyd.distribution.return_models import Door
from surveyd.distribution.returns import take_return
from surveyd.distribution.stationery import PROBE
from surveyd.web.limits import WRONG_LINKS, client_address, guesses

bp = Blueprint("returned_mails", __name__)
LONGEST_ADDRESS = 320


@bp.post("/hooks/returns")
def take() -> Response:
    """Take one returned mail. `?to=` or `X-Envelope-To` names the address that it came to."""
    key_id = _key()
    raw = request.get_data(cache=False)
    if not raw.strip():
        raise BadRequest
    to = (request.args.get("to") or request.headers.get("X-Envelope-To", ""))[:LONGEST_ADDRESS]
    now, seeds = services().clock.now(), services().config.sending_domain.seeds
    with writing() as session:
        arrival = receive(session, raw, keys=services().keys, seeds=seeds, now=now)
        if arrival is not None:
            note_use(session, key_id, now=now)
            return jsonify(kind=PROBE, effect=arrival.is_new, state="noted", new=arrival.is_new)
        taken = take_return(session, raw, keys=services().keys, door=Door.WEBHOOK, envelope_to=to, now=now)
        note_use(session, key_id, now=now)
    return jsonify(kind=taken.kind, effect=taken.effect, state=taken.state, new=taken.is_new)


def _key() -> int:
    """The key that the request carries; wrong ones count as wrong links do."""
    kind, _, key = request.headers.get("Authorization", "").partition(" ")
    with reading() as session:
        found = find_hook_key(session, key.strip()) if kind.lower() == "bearer" else None
    if found is None:
        raise Unauthorized if guesses().count(WRONG_LINKS, client_address()) else TooManyRequests
    return found
