"""Tables that belong to no noun: how often each thing has changed of which copies are kept."""

from sqlalchemy import BigInteger, String
from sqlalchemy.orm import Mapped, mapped_column

from surveyd.base.database import Base


class ChangeCount(Base):
    """How often something has changed, by its name: whoever keeps a copy compares the number with its own."""

    __tablename__ = "change_counts"
    topic: Mapped[str] = mapped_column(String(60), primary_key=True)
    number: Mapped[int] = mapped_column(BigInteger)
