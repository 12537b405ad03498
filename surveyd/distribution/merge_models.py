"""The table of invitations that ended because their person was asked by the same wave at another contact."""

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from surveyd.base.database import Base


class MergedInvitation(Base):
    """One invitation whose person goes on by another one of the same wave: its link leads there."""

    __tablename__ = "merged_invitations"
    invitation_id: Mapped[int] = mapped_column(
        ForeignKey("invitations.id"), primary_key=True, autoincrement=False
    )
    goes_on_id: Mapped[int] = mapped_column(ForeignKey("invitations.id"), index=True)
    at: Mapped[datetime]
