"""The mails of a round of confirmation: each account manager gets one a step, whoever asks for it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import update
from sqlalchemy.orm import Session

from surveyd.base.database import insert_new
from surveyd.distribution import outbox
from surveyd.distribution.confirmation_models import Confirmation, ConfirmationAsk
from surveyd.distribution.confirmation_sums import ManagerSums, sums_of
from surveyd.distribution.invitations import run
from surveyd.distribution.models import Program, Wave
from surveyd.distribution.outbox import NewMessage
from surveyd.distribution.staff_mails import staff_mail
from surveyd.people.access import SYSTEM

MAIL, REMINDER = "contacts_to_confirm", "contacts_reminder"
FIRST = "first"


@dataclass(frozen=True, slots=True)
class Asking:
    """A round that writes mails at program time `now`."""

    wave: Wave
    program: Program
    row: Confirmation
    now: datetime
    mail_domain: str

    def managers(self, session: Session) -> list[ManagerSums]:
        """Everybody who has contacts in the wave and can be asked."""
        found = sums_of(session, self.wave, self.program, scope=SYSTEM, now=self.now)
        return [one for one in found if one.can_be_asked]

    def ask_newcomers(self, session: Session, managers: Sequence[ManagerSums]) -> int:
        """Mail those of them who were not asked yet; how many. A second time nobody is left."""
        new = [one for one in managers if one.asked_at is None]
        asks = [
            {
                "wave_id": self.wave.id,
                "user_id": one.id,
                "asked_at": self.now,
                "mailed_at": self.now,
                "mails": 0,
            }
            for one in new
        ]
        insert_new(session, ConfirmationAsk, asks, unique=["wave_id", "user_id"])
        return self.mail(session, new, name=MAIL, key=FIRST)

    def mail(self, session: Session, managers: Sequence[ManagerSums], *, name: str, key: str) -> int:
        """Queue one mail to each of those who were asked, once for each key; how many they are."""
        if not managers:
            return 0
        mine = (
            ConfirmationAsk.wave_id == self.wave.id,
            ConfirmationAsk.user_id.in_([m.id for m in managers]),
        )
        one_more = {"mails": ConfirmationAsk.mails + 1, "mailed_at": self.now}
        run(session, update(ConfirmationAsk).where(*mine).values(one_more))
        mails = [self._mail(one, name, key) for one in managers]
        outbox.queue(session, mails, mail_domain=self.mail_domain)
        return len(mails)

    def _mail(self, manager: ManagerSums, name: str, key: str) -> NewMessage:
        return staff_mail(
            name,
            to=manager,
            key=f"{self.wave.id}:{manager.id}:{key}",
            context={
                "company": self.program.company,
                "reader": manager.name,
                "wave": self.wave.slug,
                "until": self.row.until.isoformat(),
                "contacts": manager.planned,
                "left": max(0, manager.planned - manager.looked_at),
                "path": f"/staff/confirmations/{self.wave.id}?manager={manager.id}",
            },
            now=self.now,
            program_id=self.program.id,
        )
