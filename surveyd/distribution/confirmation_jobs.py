"""Reminders to account managers as the schedule sends them."""

from datetime import datetime

from surveyd.base.database import reading, writing
from surveyd.base.services import Services
from surveyd.distribution.confirmation_reminders import next_reminder, remind_due


def remind_managers(house: Services, now: datetime) -> int:
    """Remind account managers who have not looked through their contacts; returns how many mails it made."""
    with reading() as session:
        due = next_reminder(session)
    if due is None or due > now:
        return 0
    total = 0
    while True:
        with writing() as session:
            made = remind_due(session, now=now, mail_domain=house.config.mail_domain)
        if made is None:
            return total
        total += made
