"""The database refuses a step between states that the table does not allow.

SQLite drops triggers with the table that it rebuilds: a later migration that changes a column of
declarations ends with `guard` again (tests/declarations/test_transitions.py finds out).
"""

from django.db import migrations

TABLE = "declarations_declaration"
NAME = "declaration_transition"
ALLOWED = {
    "queued": ("delivering", "failed", "withdrawn"),
    "delivering": ("queued", "rejected", "unconfirmed"),
    "delivered": (),
    "rejected": ("queued", "withdrawn", "failed"),
    "unconfirmed": ("queued", "failed"),
    "failed": ("queued",),
    "withdrawn": (),
}
"""As `states.py` has it; to `delivered` from any state."""

REFUSED = """
    OLD.state <> NEW.state AND NOT (
        NEW.state = 'delivered' {pairs}
    )
"""
SQLITE = """
CREATE TRIGGER {name} BEFORE UPDATE OF state ON {table} WHEN {refused}
BEGIN SELECT RAISE(ABORT, 'a declaration can''t go that way'); END
"""
POSTGRESQL = (
    """
    CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'a declaration can''t go that way' USING ERRCODE = '23514'; END $$
    """,
    """
    CREATE TRIGGER {name} BEFORE UPDATE OF state ON {table}
    FOR EACH ROW WHEN ({refused}) EXECUTE FUNCTION {name}()
    """,
)


def refused():
    pairs = "".join(
        f"OR (OLD.state = '{before}' AND NEW.state = '{after}') "
        for before, afters in ALLOWED.items()
        for after in afters
    )
    return REFUSED.format(pairs=pairs)


def guard(apps, schema_editor):
    release(apps, schema_editor)
    vendor = schema_editor.connection.vendor
    statements = {"sqlite": (SQLITE,), "postgresql": POSTGRESQL}.get(vendor, ())
    for statement in statements:
        sql = statement.format(name=NAME, table=TABLE, refused=refused())
        schema_editor.execute(sql, params=None)


def release(apps, schema_editor):
    vendor = schema_editor.connection.vendor
    if vendor == "sqlite":
        schema_editor.execute(f"DROP TRIGGER IF EXISTS {NAME}")
    elif vendor == "postgresql":
        schema_editor.execute(f"DROP FUNCTION IF EXISTS {NAME}() CASCADE")


class Migration(migrations.Migration):
    dependencies = [("declarations", "0008_delivery")]
    operations = [migrations.RunPython(guard, release)]
