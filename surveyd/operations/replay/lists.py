"""The customer's own lists, as files: how the demo company's people come into the house."""

import csv
import io
from collections.abc import Iterable
from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from surveyd.operations.company.minds import Minds
from surveyd.operations.company.people import People
from surveyd.operations.company.places import REGIONS
from surveyd.people.access import SYSTEM
from surveyd.people.columns import ImportKind
from surveyd.people.imports import apply, preview
from surveyd.people.models import AccountStatus
from surveyd.people.tables import read_table

CURRENCY = "EUR"
CONSENT = "customer relationship"
ACCOUNT_HEADINGS = (
    "id,name,parent,country,region,business_unit,branch,channel,product_line,tier,renewal_date,revenue,"
    "currency,manager,status"
)
CONTACT_HEADINGS = "id,account,name,email,phone,language,time_zone,role,consent"


def import_people(
    session: Session, people: People, *, wave: int, minds: Minds, today: date, now: datetime, by: int
) -> None:
    """Import both lists as they stand before the wave: newcomers are added, lost accounts are lapsed.

    Renewals are counted from `today`, so that they are ahead when the story ends.
    """
    lists = {
        ImportKind.ACCOUNTS: accounts_csv(people, wave=wave, minds=minds, today=today),
        ImportKind.CONTACTS: contacts_csv(people, wave=wave),
    }
    for kind, content in lists.items():
        shown = preview(session, kind, read_table(f"{kind}.csv", content), {}, scope=SYSTEM)
        apply(session, shown, now=now, by=by)


def accounts_csv(people: People, *, wave: int, minds: Minds, today: date) -> bytes:
    """The list of accounts before a wave."""
    known = {account.external_id for account in people.accounts if account.joins <= wave}
    return _csv(
        ACCOUNT_HEADINGS,
        (
            (
                account.external_id,
                account.name,
                account.parent if account.parent in known else "",
                account.place.country,
                REGIONS[account.region].name,
                account.unit,
                account.branch,
                account.channel,
                account.product_line,
                account.tier,
                today + timedelta(days=account.renewal_days),
                account.revenue,
                CURRENCY,
                account.manager,
                AccountStatus.LAPSED if minds.left[index] else AccountStatus.ACTIVE,
            )
            for index, account in enumerate(people.accounts)
            if account.joins <= wave
        ),
    )


def contacts_csv(people: People, *, wave: int) -> bytes:
    """The list of contacts before a wave."""
    return _csv(
        CONTACT_HEADINGS,
        (
            (
                contact.external_id,
                people.accounts[contact.account].external_id,
                contact.name,
                contact.email,
                contact.phone,
                contact.language,
                contact.time_zone,
                contact.role,
                CONSENT,
            )
            for contact in people.contacts
            if contact.joins <= wave
        ),
    )


def _csv(headings: str, rows: Iterable[tuple[object, ...]]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(headings.split(","))
    writer.writerows(rows)
    return text.getvalue().encode()
