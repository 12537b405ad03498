"""Tables of imports: what is laid ready to be written, how files are read, what sources call columns."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from surveyd.base.database import Base, BigId, one_of


class ParcelKind(StrEnum):
    """What a parcel holds: rows to write, parents of accounts to write behind all rows, or rejected rows."""

    ROWS = "rows"
    PARENTS = "parents"
    REJECTS = "rejects"


class ImportBatch(Base):
    """What one file would do, laid ready in parcels while it is looked at.

    `decided_at` is the one short statement that makes it: from then on it is always carried to its end, by
    whoever finds it. The row goes when all is written; `ImportRun` stays.
    """

    __tablename__ = "import_batches"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    upload_id: Mapped[int | None] = mapped_column(ForeignKey("uploads.id"), unique=True)
    """The file that was uploaded; None for one that a command reads."""
    file_name: Mapped[str] = mapped_column(String(255))
    digest: Mapped[str] = mapped_column(String(64))
    rows: Mapped[int]
    looked_at: Mapped[int] = mapped_column(default=0)
    """How many of the file's rows were looked at."""
    added: Mapped[int] = mapped_column(default=0)
    changed: Mapped[int] = mapped_column(default=0)
    unchanged: Mapped[int] = mapped_column(default=0)
    parcels: Mapped[int] = mapped_column(default=0)
    """How many are to be written in all."""
    by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    made_at: Mapped[datetime]
    touched_at: Mapped[datetime]
    """When somebody last worked on it, in system time."""
    decided_at: Mapped[datetime | None]


class ImportParcel(Base):
    """Some rows of a batch, packed: they are written and the parcel deleted in one short transaction."""

    __tablename__ = "import_parcels"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    batch_id: Mapped[int] = mapped_column(ForeignKey("import_batches.id"))
    kind: Mapped[ParcelKind] = mapped_column(one_of(ParcelKind))
    content: Mapped[bytes] = mapped_column(LargeBinary)
    __table_args__ = (Index("ix_import_parcels_batch_id_kind", "batch_id", "kind"),)


class UploadReading(Base):
    """How a person wants an uploaded file to be read; empty where surveyd is to see for itself."""

    __tablename__ = "upload_readings"
    upload_id: Mapped[int] = mapped_column(ForeignKey("uploads.id"), primary_key=True)
    encoding: Mapped[str] = mapped_column(String(20), default="")
    separator: Mapped[str] = mapped_column(String(1), default="")
    sheet: Mapped[str] = mapped_column(String(120), default="")


class ImportMapping(Base):
    """What one source calls our columns. A file is known by its headings: `signature` is their digest."""

    __tablename__ = "import_mappings"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    name: Mapped[str] = mapped_column(String(80))
    signature: Mapped[str] = mapped_column(String(64))
    columns: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """Their heading -> our column, for all headings of the file."""
    by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    saved_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    __table_args__ = (
        UniqueConstraint("kind", "name", name="uq_import_mappings_kind_name"),
        UniqueConstraint("kind", "signature", name="uq_import_mappings_kind_signature"),
    )
