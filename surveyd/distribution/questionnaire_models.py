"""The table of questionnaires that are being edited: what the next version will be, until it is published."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from surveyd.base.database import Base, BigId


class QuestionnaireEdit(Base):
    """The one edit under way of a questionnaire. `revision` counts its changes: a save names the one it saw.

    `base_digest` is the version that it began from.
    """

    __tablename__ = "questionnaire_edits"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    slug: Mapped[str] = mapped_column(String(80), unique=True)
    base_digest: Mapped[str] = mapped_column(String(64))
    definition: Mapped[dict[str, Any]]
    revision: Mapped[int] = mapped_column(default=1)
    begun_at: Mapped[datetime]
    begun_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    changed_at: Mapped[datetime]
    changed_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
