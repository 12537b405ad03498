"""Tables of the people: accounts and contacts outside, users inside."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from flask_security import RoleMixin, UserMixin
from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, LargeBinary, String, text
from sqlalchemy.orm import Mapped, mapped_column

from surveyd.base.database import Base, BigId, one_of


class AccountStatus(StrEnum):
    ACTIVE = "active"
    LAPSED = "lapsed"


class RelationshipRole(StrEnum):
    DECISION_MAKER = "decision_maker"
    BUYER = "buyer"
    USER = "user"
    INFLUENCER = "influencer"
    GATEKEEPER = "gatekeeper"
    UNKNOWN = "unknown"


class StaffRole(StrEnum):
    ADMIN = "admin"
    EXECUTIVE = "executive"
    REGIONAL_LEADER = "regional_leader"
    ACCOUNT_MANAGER = "account_manager"
    SUPPORT = "support"


class UploadState(StrEnum):
    """Where a file stands that somebody uploaded; the first two and `applying` are work for a worker."""

    UPLOADED = "uploaded"
    PLANNING = "planning"
    PLANNED = "planned"
    APPLYING = "applying"
    APPLIED = "applied"
    FAILED = "failed"


class LinkPurpose(StrEnum):
    """What a link to set a password was made for: a new user's first one, or one that was forgotten."""

    WELCOME = "welcome"
    RESET = "reset"


class User(Base, UserMixin):
    """A person on our side who signs in. `fs_uniquifier` names the sessions: changing it ends them all."""

    __tablename__ = "users"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    email: Mapped[str] = mapped_column(String(254), unique=True)
    name: Mapped[str] = mapped_column(String(200), default="")
    password: Mapped[str | None] = mapped_column(String(255))
    role: Mapped[StaffRole] = mapped_column(one_of(StaffRole))
    region: Mapped[str] = mapped_column(String(80), default="")
    time_zone: Mapped[str] = mapped_column(String(64), default="")
    active: Mapped[bool] = mapped_column(default=True)
    fs_uniquifier: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime]
    __table_args__ = (
        CheckConstraint("email = lower(email)", name="email_lower"),
        CheckConstraint("role <> 'regional_leader' OR region <> ''", name="leader_has_region"),
    )

    @property
    def roles(self) -> list[RoleMixin]:  # type: ignore[override]  # fixed here
        """One staff role a user; Flask-Security asks for a list."""
        return []


def _merged_index(table: str) -> Index:
    merged = text("merged_into_id IS NOT NULL")
    name = f"ix_{table}_merged_into_id"
    return Index(name, "merged_into_id", sqlite_where=merged, postgresql_where=merged)


class Account(Base):
    """A customer company. `revenue_cents`: a year's revenue in hundredths of `currency`, if known."""

    __tablename__ = "accounts"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    external_id: Mapped[str] = mapped_column(String(120), unique=True)
    name: Mapped[str] = mapped_column(String(300))
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"), index=True)
    country: Mapped[str] = mapped_column(String(2), default="")
    region: Mapped[str] = mapped_column(String(80), default="", index=True)
    business_unit: Mapped[str] = mapped_column(String(120), default="")
    branch: Mapped[str] = mapped_column(String(120), default="")
    channel: Mapped[str] = mapped_column(String(120), default="")
    product_line: Mapped[str] = mapped_column(String(120), default="")
    tier: Mapped[str] = mapped_column(String(40), default="")
    renewal_date: Mapped[date | None] = mapped_column(index=True)
    revenue_cents: Mapped[int | None] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(String(3), default="")
    manager_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"), index=True)
    status: Mapped[AccountStatus] = mapped_column(one_of(AccountStatus), default=AccountStatus.ACTIVE)
    dimensions: Mapped[dict[str, Any]] = mapped_column(default=dict)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    merged_into_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    """The account that this one goes on as; its row stays for what lists say of its old id."""
    __table_args__ = (
        CheckConstraint("revenue_cents IS NULL OR revenue_cents >= 0", name="revenue_not_negative"),
        CheckConstraint("revenue_cents IS NULL OR currency <> ''", name="revenue_has_currency"),
        _merged_index("accounts"),
    )


class Contact(Base):
    """A person at an account. Empty `language` or `time_zone` means the program's."""

    __tablename__ = "contacts"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    external_id: Mapped[str] = mapped_column(String(120), unique=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    name: Mapped[str] = mapped_column(String(200))
    email: Mapped[str] = mapped_column(String(254), default="", index=True)
    phone: Mapped[str] = mapped_column(String(20), default="", index=True)
    language: Mapped[str] = mapped_column(String(12), default="")
    time_zone: Mapped[str] = mapped_column(String(64), default="")
    role: Mapped[RelationshipRole] = mapped_column(one_of(RelationshipRole), default=RelationshipRole.UNKNOWN)
    consent: Mapped[str] = mapped_column(String(120), default="")
    active: Mapped[bool] = mapped_column(default=True)
    opted_out_at: Mapped[datetime | None]
    do_not_phone: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    merged_into_id: Mapped[int | None] = mapped_column(ForeignKey("contacts.id"))
    """The contact that this one goes on as; its row stays for what lists say of its old id."""
    # Addresses are compared, and lists sorted, without regard to case.
    __table_args__ = (
        _merged_index("contacts"),
        Index(
            "ix_contacts_opted_out_at",
            "opted_out_at",
            sqlite_where=text("opted_out_at IS NOT NULL"),
            postgresql_where=text("opted_out_at IS NOT NULL"),
        ),
        Index("ix_contacts_address", text("lower(email)")),
        Index("ix_contacts_by_name", text("lower(name)"), "id"),
    )


class ImportRun(Base):
    """One import that was applied: who, when, what kind of file, and how many rows it changed."""

    __tablename__ = "import_runs"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    file_name: Mapped[str] = mapped_column(String(255))
    digest: Mapped[str] = mapped_column(String(64))
    added: Mapped[int]
    changed: Mapped[int]
    unchanged: Mapped[int]
    by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    at: Mapped[datetime]


class Upload(Base):
    """A file that waits to be imported: kept until it is applied or a week old.

    `asked_at` (when its work was asked for) and `leased_until` (whose hands it is in) are system time.
    `result` is what the last look at it found, see `outlines.Outline`; `rejects`: its rejected rows as CSV.
    """

    __tablename__ = "uploads"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    name: Mapped[str] = mapped_column(String(255))
    size: Mapped[int] = mapped_column(BigInteger)
    lines: Mapped[int]
    content: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    rejects: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    mapping: Mapped[dict[str, Any]] = mapped_column(default=dict)
    state: Mapped[UploadState] = mapped_column(one_of(UploadState), default=UploadState.UPLOADED)
    result: Mapped[dict[str, Any]] = mapped_column(default=dict)
    note: Mapped[str] = mapped_column(String(300), default="")
    """Why it failed, or why it is shown once more."""
    by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    at: Mapped[datetime]
    applied_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    applied_at: Mapped[datetime | None]
    asked_at: Mapped[datetime]
    leased_until: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    __table_args__ = (Index("ix_uploads_state_at", "state", "at"),)


class SignInLink(Base):
    """A link to set a password, mailed to one user: it works once, until `expires_at` (system time).

    The table keeps no token; the link is made from the id by the secret key when the mail is sent.
    """

    __tablename__ = "sign_in_links"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    purpose: Mapped[LinkPurpose] = mapped_column(one_of(LinkPurpose))
    expires_at: Mapped[datetime]
    spent_at: Mapped[datetime | None]
    made_at: Mapped[datetime]


class AuditEntry(Base):
    """Who did what to which thing, and when. Facts are ids and counts, never answers."""

    __tablename__ = "audit_entries"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    at: Mapped[datetime] = mapped_column(index=True)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    action: Mapped[str] = mapped_column(String(60))
    thing: Mapped[str] = mapped_column(String(40))
    thing_id: Mapped[int | None] = mapped_column(BigInteger)
    facts: Mapped[dict[str, Any]] = mapped_column(default=dict)
    __table_args__ = (Index("ix_audit_entries_thing_thing_id", "thing", "thing_id"),)
