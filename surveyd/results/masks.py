"""Who is in a slice, as masks: over responses, invitations and accounts."""

from collections.abc import Iterable
from functools import reduce

import numpy as np

from surveyd.results.people_shapes import Codes
from surveyd.results.phases import PHASES
from surveyd.results.slices import OF_ACCOUNTS, OF_ANSWERS, OF_CONTACTS, Slice
from surveyd.results.wave_arrays import CHANNELS
from surveyd.results.wave_columns import put_together
from surveyd.results.whole_shapes import Part, Whole
from surveyd.scoring.arrays import Mask

VALUES_OF_ANSWERS = {"came_by": tuple(str(one) for one in CHANNELS), "phase": PHASES}
COLUMNS_OF_ANSWERS = {"came_by": "channel", "phase": "phase"}


def mask(whole: Whole, cut: Slice) -> Mask:
    """Which responses are in the slice and seen: one place a response."""
    kept = account_mask(whole, cut)
    found = [_both(kept, part.account_codes, people_mask(part, cut)) for part in whole.parts]
    return put_together(found, np.bool_)


def asked_mask(whole: Whole, cut: Slice) -> Mask:
    """Which invitations are in the slice and seen; what only an answer has does not narrow them."""
    kept = account_mask(whole, cut)
    found = [_both(kept, part.asked_account_codes, asked_people_mask(part, cut)) for part in whole.parts]
    return put_together(found, np.bool_)


def account_mask(whole: Whole, cut: Slice) -> Mask | None:
    """Which accounts are in the slice and seen: one place an account; None for all of them."""
    found = [] if whole.seen is None else [whole.seen]
    known = whole.accounts.dimensions
    for name, values in cut.filters:
        if name in known:
            found.append(known[name].has(values))
        elif name not in OF_CONTACTS and name not in OF_ANSWERS:
            # A dimension that no account has: whoever wants a value of it finds nobody.
            found.append(np.full(whole.size, "" in values))
    return reduce(np.logical_and, found) if found else None


def people_mask(part: Part, cut: Slice) -> Mask | None:
    """Which responses of a part are in the slice by their contact and by how they came; None for all."""
    found = _of_contacts(part, cut)
    masks = [] if found is None else [taken(found, part.contact_codes)]
    for name, values in cut.filters:
        if name in OF_ANSWERS:
            wanted = np.array([value in values for value in VALUES_OF_ANSWERS[name]])
            masks.append(wanted[part.columns.answers[COLUMNS_OF_ANSWERS[name]]])
    return reduce(np.logical_and, masks) if masks else None


def asked_people_mask(part: Part, cut: Slice) -> Mask | None:
    """Which invitations of a part are in the slice by their contact; None for all."""
    found = _of_contacts(part, cut)
    return None if found is None else taken(found, part.asked_contact_codes)


def of_people(cut: Slice) -> Slice:
    """The slice without what it says of accounts: what is left is different from person to person."""
    own = [name for name, _ in cut.filters if name in OF_CONTACTS or name in OF_ANSWERS]
    return Slice(filters=tuple((name, values) for name, values in cut.filters if name in own))


def is_of_accounts(name: str) -> bool:
    """Whether all people of an account have the same value of this dimension."""
    return name in OF_ACCOUNTS or (name not in OF_CONTACTS and name not in OF_ANSWERS)


def taken(kept: Mask, codes: Codes) -> Mask:
    """What is kept of rows by their codes; a row whose account or contact is gone is not."""
    # The code of what is gone, -1, is the last place.
    return np.append(kept, np.False_)[codes]


def _of_contacts(part: Part, cut: Slice) -> Mask | None:
    known = part.contacts.dimensions
    wanted = [known[name].has(values) for name, values in cut.filters if name in known]
    return _all(wanted)


def _all(masks: Iterable[Mask]) -> Mask | None:
    found = list(masks)
    return reduce(np.logical_and, found) if found else None


def _both(accounts: Mask | None, codes: Codes, people: Mask | None) -> Mask:
    here = None if accounts is None else taken(accounts, codes)
    found = _all(one for one in (here, people) if one is not None)
    return np.ones(len(codes), dtype=np.bool_) if found is None else found
