"""Mails to ourselves when a wave cannot go on."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from surveyd.distribution import outbox
from surveyd.distribution.models import Wave
from surveyd.distribution.staff_mails import staff_mail
from surveyd.distribution.waves import pause, program_of
from surveyd.people.models import StaffRole, User


def pause_after_refusals(
    session: Session, wave_id: int, *, reason: str, now: datetime, mail_domain: str
) -> None:
    """Pause a wave whose mails are refused, and tell the admins, once a pause."""
    wave = session.get_one(Wave, wave_id)
    if wave.paused_at is not None:
        return
    pause(session, wave, now=now, reason=reason)
    admins = session.scalars(select(User).where(User.role == StaffRole.ADMIN, User.active))
    alerts = [
        staff_mail(
            "wave_paused",
            to=admin,
            key=f"{wave_id}:{now.isoformat()}:{admin.id}",
            context={"wave": wave.slug, "reason": reason, "path": f"/staff/waves/{wave_id}"},
            now=now,
            program_id=program_of(session, wave).id,
        )
        for admin in admins
    ]
    outbox.queue(session, alerts, mail_domain=mail_domain)
