"""Tallies: how many rows the ledger has of each kind and state, kept by triggers as its rows change.

SQLite has one writer, whose triggers write the tally itself, row by row. On PostgreSQL each statement appends
what it changed, so that no writer waits for another; a sweep folds that into the tallies.
"""

import sqlalchemy as sa
from alembic import op

# ruff: noqa: S608  # our own words

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None

KEYS = {
    "kind": sa.String(length=20),
    "wave_id": sa.BigInteger(),
    "state": sa.String(length=32),
    "step": sa.String(length=40),
    "name": sa.String(length=60),
    "time_zone": sa.String(length=64),
    "country": sa.String(length=2),
    "language": sa.String(length=12),
}
KEY = ", ".join(KEYS)
EMPTY = "''"
COUNTED = {
    "messages": {
        "kind": "CASE WHEN {0}.touch_id IS NULL THEN 'mail' ELSE 'step_mail' END",
        "wave_id": "coalesce({0}.wave_id, 0)",
        "state": "{0}.state",
        "step": "{0}.step",
        "name": "{0}.name",
    },
    "invitations": {
        "kind": "'invitation'",
        "wave_id": "{0}.wave_id",
        "state": "{0}.state",
        "step": "CASE WHEN {0}.started_at IS NULL THEN '' ELSE 'started' END",
    },
    "touches": {
        "kind": "'touch'",
        "wave_id": "{0}.wave_id",
        "state": "{0}.state",
        "step": "{0}.step",
    },
    "calls": {
        "kind": "'call'",
        "wave_id": "{0}.wave_id",
        "state": "{0}.state",
        "step": "coalesce((SELECT step FROM touches WHERE touches.id = {0}.touch_id), '')",
        "time_zone": "{0}.time_zone",
        "country": "{0}.country",
        "language": "{0}.language",
    },
    "exclusions": {"kind": "'exclusion'", "wave_id": "{0}.wave_id", "name": "{0}.rule"},
}
"""What each row counts as; what is not named is empty."""
LOOKED_AT = {
    "messages": ("touch_id", "wave_id", "state", "step", "name"),
    "invitations": ("wave_id", "state", "started_at"),
    "touches": ("wave_id", "state", "step"),
    "calls": ("touch_id", "wave_id", "state", "time_zone", "country", "language"),
    "exclusions": ("wave_id", "rule"),
}
REACHES = (
    "{0}.state = 'sent' AND {0}.touch_id IS NOT NULL"
    " AND {0}.invitation_id IS NOT NULL AND {0}.wave_id IS NOT NULL"
)
"""A mail that has reached somebody; each invitation counts once, whichever of its mails went out."""
SOME = {
    "ix_messages_owed_id": (["id"], "state IN ('queued', 'sending', 'uncertain', 'held')"),
    "ix_messages_sent_id": (["id"], "state = 'sent'"),
    "ix_messages_stopped_id": (["id", "state"], "state IN ('failed', 'suppressed', 'cancelled')"),
    "ix_messages_stale": (["stale_at"], "stale_at IS NOT NULL AND state IN ('queued', 'uncertain')"),
}
"""Indexes of some of the mails: by these a list of one state and what missed its hours are found."""
STATE_OF_OTHER = "(other.state || '')"
"""Told so, the state is no reason to look through all mails of it: those of one person are few."""
GOING_OUT = "'queued', 'sending', 'uncertain'"
FIRST = "'reached', {wave}, '', '', '', '', '', ''"


def upgrade() -> None:
    keys = [sa.Column(name, kind, nullable=False) for name, kind in KEYS.items()]
    op.create_table(
        "tallies",
        *keys,
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint(*KEYS, name=op.f("pk_tallies")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "tally_changes",
        *[sa.Column(name, kind, nullable=False) for name, kind in KEYS.items()],
        sa.Column("number", sa.BigInteger(), nullable=False),
    )
    for table in COUNTED:
        op.execute(
            f"INSERT INTO tallies ({KEY}, number) SELECT {_cells(table, table)}, count(*)"
            f" FROM {table} GROUP BY 1, 2, 3, 4, 5, 6, 7, 8"
        )
    op.execute(
        f"INSERT INTO tallies ({KEY}, number)"
        f" SELECT {FIRST.format(wave='wave_id')}, count(DISTINCT invitation_id) FROM messages"
        f" WHERE {REACHES.format('messages')} GROUP BY wave_id"
    )
    op.drop_index("ix_messages_counted", table_name="messages")
    op.create_index("ix_messages_wave_id_state", "messages", ["wave_id", "state"])
    for name, (columns, which) in SOME.items():
        only = sa.text(which)
        op.create_index(name, "messages", columns, sqlite_where=only, postgresql_where=only)
    _on_sqlite() if op.get_bind().dialect.name == "sqlite" else _on_postgresql()


def downgrade() -> None:
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    for table in COUNTED:
        for event in ("insert", "update", "delete"):
            op.execute(f"DROP TRIGGER tally_{table}_{event}" + ("" if is_sqlite else f" ON {table}"))
        if not is_sqlite:
            op.execute(f"DROP FUNCTION tally_{table}()")
    if is_sqlite:
        for event in ("insert", "update_in", "update_out", "delete"):
            op.execute(f"DROP TRIGGER tally_reached_{event}")
    for name in (*SOME, "ix_messages_wave_id_state"):
        op.drop_index(name, table_name="messages")
    op.create_index(
        "ix_messages_counted", "messages", ["wave_id", "state", "step", "touch_id", "invitation_id"]
    )
    op.drop_table("tally_changes")
    op.drop_table("tallies")


def _cells(table: str, row: str) -> str:
    return ", ".join(COUNTED[table].get(name, EMPTY).format(row) for name in KEYS)


def _on_sqlite() -> None:
    for table in COUNTED:
        more, less = _one_more(_cells(table, "NEW")), _one_less(_cells(table, "OLD"))
        columns = LOOKED_AT[table]
        moved = " OR ".join(f"OLD.{name} IS NOT NEW.{name}" for name in columns)
        _trigger(f"tally_{table}_insert", f"AFTER INSERT ON {table}", more)
        _trigger(f"tally_{table}_delete", f"AFTER DELETE ON {table}", less)
        of = ", ".join(columns)
        _trigger(f"tally_{table}_update", f"AFTER UPDATE OF {of} ON {table} WHEN {moved}", f"{less} {more}")
    _reached_on_sqlite()


def _reached_on_sqlite() -> None:
    old, new = REACHES.format("OLD"), REACHES.format("NEW")
    more = _one_more(FIRST.format(wave="NEW.wave_id"), unless=_reached_by_others("NEW"))
    less = _one_less(FIRST.format(wave="OLD.wave_id"), unless=_reached_by_others("OLD"))
    same = "OLD.invitation_id IS NEW.invitation_id AND OLD.wave_id IS NEW.wave_id"
    update = "AFTER UPDATE OF state, touch_id, invitation_id, wave_id ON messages"
    _trigger("tally_reached_insert", f"AFTER INSERT ON messages WHEN {new}", more)
    _trigger("tally_reached_delete", f"AFTER DELETE ON messages WHEN {old}", less)
    _trigger("tally_reached_update_in", f"{update} WHEN {new} AND NOT ({old} AND {same})", more)
    _trigger("tally_reached_update_out", f"{update} WHEN {old} AND NOT ({new} AND {same})", less)


def _reached_by_others(row: str) -> str:
    # The sign keeps SQLite from looking through all mails of the wave: those of one person are few.
    reaches = REACHES.format("other").replace("other.", "+other.")
    return (
        f"SELECT 1 FROM messages AS other WHERE other.invitation_id = {row}.invitation_id"
        f" AND +other.wave_id = {row}.wave_id AND other.id <> {row}.id AND {reaches}"
    )


def _one_more(cells: str, *, unless: str = "") -> str:
    # Told from a join's ON by its WHERE.
    which = f"NOT EXISTS ({unless})" if unless else "true"
    return (
        f"INSERT INTO tallies ({KEY}, number) SELECT {cells}, 1 WHERE {which}"
        f" ON CONFLICT ({KEY}) DO UPDATE SET number = number + 1;"
    )


def _one_less(cells: str, *, unless: str = "") -> str:
    return f"UPDATE tallies SET number = number - 1 WHERE ({KEY}) = ({cells})" + (
        f" AND NOT EXISTS ({unless});" if unless else ";"
    )


def _trigger(name: str, when: str, body: str) -> None:
    op.execute(f"CREATE TRIGGER {name} {when} BEGIN {body} END")


def _on_postgresql() -> None:
    rows = {"insert": "NEW TABLE AS new_rows", "delete": "OLD TABLE AS old_rows"}
    rows["update"] = f"{rows['delete']} {rows['insert']}"
    for table in COUNTED:
        reached = _reached_on_postgresql if table == "messages" else lambda event: ""
        one_reached = _one_reached_on_postgresql() if table == "messages" else ""
        op.execute(
            f"CREATE FUNCTION tally_{table}() RETURNS trigger LANGUAGE plpgsql AS $$"
            f" DECLARE many integer; was record; became record; BEGIN"
            f" IF TG_OP = 'UPDATE' THEN"
            f" SELECT count(*) INTO many FROM new_rows;"
            f" IF many = 1 THEN {_one_change(table)} {one_reached}"
            f" ELSIF many > 1 THEN {_changes(table, 'update')} {reached('update')} END IF;"
            f" ELSIF TG_OP = 'INSERT' THEN {_changes(table, 'insert')} {reached('insert')}"
            f" ELSE {_changes(table, 'delete')} {reached('delete')} END IF;"
            f" RETURN NULL; END $$"
        )
        for event, named in rows.items():
            op.execute(
                f"CREATE TRIGGER tally_{table}_{event} AFTER {event.upper()} ON {table}"
                f" REFERENCING {named} FOR EACH STATEMENT EXECUTE FUNCTION tally_{table}()"
            )


def _one_change(table: str) -> str:
    """What a statement that changed one row appends, as a sender's do: for these alone time is short."""
    was, became = _cells(table, "was"), _cells(table, "became")
    return (
        f"SELECT * INTO was FROM old_rows; SELECT * INTO became FROM new_rows;"
        f" IF ({was}) IS DISTINCT FROM ({became}) THEN"
        f" INSERT INTO tally_changes ({KEY}, number) VALUES ({was}, -1), ({became}, 1); END IF;"
    )


def _one_reached_on_postgresql() -> str:
    others = (
        f"FROM messages AS other WHERE other.invitation_id = became.invitation_id AND other.id <> became.id"
        f" AND other.touch_id IS NOT NULL AND {STATE_OF_OTHER}"
    )
    return (
        f"IF {REACHES.format('was')} THEN {_reached_on_postgresql('update')}"
        f" ELSIF {REACHES.format('became')} THEN"
        f" PERFORM pg_advisory_xact_lock(37, (became.invitation_id % 2147483647)::integer)"
        f" {others} IN ({GOING_OUT});"
        f" IF NOT EXISTS (SELECT {others} = 'sent' AND other.wave_id + 0 = became.wave_id) THEN"
        f" INSERT INTO tally_changes ({KEY}, number)"
        f" VALUES ({FIRST.format(wave='became.wave_id')}, 1); END IF; END IF;"
    )


def _changes(table: str, event: str) -> str:
    named = {"insert": [("new_rows", 1)], "delete": [("old_rows", -1)]}
    both = named.get(event) or named["delete"] + named["insert"]
    cells = ", ".join(f"{COUNTED[table].get(name, EMPTY).format('one')} AS {name}" for name in KEYS)
    parts = " UNION ALL ".join(
        f"SELECT {cells}, {number} AS number FROM {name} AS one" for name, number in both
    )
    return (
        f"INSERT INTO tally_changes ({KEY}, number) SELECT {KEY}, sum(number) FROM ({parts}) AS changed"
        f" GROUP BY {KEY} HAVING sum(number) <> 0;"
    )


def _reached_on_postgresql(event: str) -> str:
    """What a statement changes of who has been reached at all.

    Whose other mail may be going out at this moment is waited for: both would be the first.
    """
    nobody = "SELECT 0::bigint AS invitation_id, 0::bigint AS wave_id WHERE false"
    was, now, own = nobody, nobody, "SELECT 0::bigint AS id WHERE false"
    guards = []
    if event != "insert":
        was = f"SELECT invitation_id, wave_id FROM old_rows WHERE {REACHES.format('old_rows')}"
        guards.append("EXISTS (SELECT FROM old_rows WHERE state = 'sent')")
    if event != "delete":
        now = f"SELECT invitation_id, wave_id FROM new_rows WHERE {REACHES.format('new_rows')}"
        own = "SELECT id FROM new_rows"
        guards.append("EXISTS (SELECT FROM new_rows WHERE state = 'sent')")
    waiting = (
        f"PERFORM pg_advisory_xact_lock(37, (one.invitation_id % 2147483647)::integer)"
        f" FROM ({was} UNION {now}) AS one JOIN messages AS other USING (invitation_id)"
        f" WHERE {STATE_OF_OTHER} IN ({GOING_OUT}) AND other.touch_id IS NOT NULL"
        f" AND other.id NOT IN ({own});"
    )
    others = (
        "NOT EXISTS (SELECT FROM messages AS other WHERE other.invitation_id = one.invitation_id"
        f" AND other.wave_id + 0 = one.wave_id AND other.id NOT IN ({own})"
        f" AND {REACHES.format('other').replace('other.state', STATE_OF_OTHER)})"
    )
    parts = " UNION ALL ".join(
        f"SELECT wave_id, {number} AS number FROM ({these} EXCEPT {those}) AS one WHERE {others}"
        for these, those, number in ((now, was, 1), (was, now, -1))
    )
    return (
        f"IF {' OR '.join(guards)} THEN {waiting}"
        f" INSERT INTO tally_changes ({KEY}, number) SELECT {FIRST.format(wave='wave_id')}, sum(number)"
        f" FROM ({parts}) AS changed GROUP BY wave_id HAVING sum(number) <> 0; END IF;"
    )
