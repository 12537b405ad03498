"""The table of codebooks: every version that was saved, none of which ever changes."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from surveyd.base.database import Base, BigId


class CodebookVersion(Base):
    """One version of the codebook; the first that is saved is number 1, the shipped one counts as 0."""

    __tablename__ = "codebook_versions"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    number: Mapped[int] = mapped_column(unique=True)
    definition: Mapped[dict[str, Any]]
    saved_at: Mapped[datetime]
    saved_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
