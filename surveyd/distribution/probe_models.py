"""The table of probes: mails to mailboxes of our own that show how a wave's mail arrives."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, false
from sqlalchemy.orm import Mapped, mapped_column

from surveyd.base.database import Base, BigId


class LaunchProbe(Base):
    """One probe of a wave, sent to `seed` with `sender` as it was then, and what came of it.

    `server` to `is_junk` say what the seed box's server wrote into the head of the mail that arrived; the
    mail itself is not kept. A result is empty where nothing was said of it. `covers_opt_out` says whether a
    signature covers both headers of the one-click opt-out, None where the mail has no signature.
    """

    __tablename__ = "launch_probes"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    wave_id: Mapped[int] = mapped_column(ForeignKey("waves.id"))
    message_id: Mapped[int | None] = mapped_column(ForeignKey("messages.id"))
    seed: Mapped[str] = mapped_column(String(254))
    sender: Mapped[str] = mapped_column(String(254))
    asked_at: Mapped[datetime]
    asked_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    arrived_at: Mapped[datetime | None]
    server: Mapped[str] = mapped_column(String(100), default="")
    is_judged: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Whether the seed box's server wrote anything about the sender at all."""
    spf: Mapped[str] = mapped_column(String(20), default="")
    dkim: Mapped[str] = mapped_column(String(20), default="")
    dmarc: Mapped[str] = mapped_column(String(20), default="")
    is_junk: Mapped[bool] = mapped_column(default=False, server_default=false())
    covers_opt_out: Mapped[bool | None]
    __table_args__ = (
        Index("ix_launch_probes_wave_id_id", "wave_id", "id"),
        CheckConstraint("seed <> ''", name="seed"),
    )
