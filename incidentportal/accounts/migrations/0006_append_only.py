"""Views of private things stay as they were written, whatever speaks to the database."""

from django.db import migrations

TABLE = "accounts_privateview"
ACTIONS = ("update", "delete")

SQLITE = """
CREATE TRIGGER {table}_no_{action} BEFORE {action} ON {table}
BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END
"""
POSTGRESQL = (
    """
    CREATE FUNCTION {table}_refuse() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION '{table} is append-only' USING ERRCODE = '23001'; END $$
    """,
    """
    CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE ON {table}
    FOR EACH ROW EXECUTE FUNCTION {table}_refuse()
    """,
)


def guard(apps, schema_editor):
    if schema_editor.connection.vendor == "sqlite":
        for action in ACTIONS:
            schema_editor.execute(SQLITE.format(table=TABLE, action=action), params=None)
    elif schema_editor.connection.vendor == "postgresql":
        for statement in POSTGRESQL:
            schema_editor.execute(statement.format(table=TABLE), params=None)


def release(apps, schema_editor):
    if schema_editor.connection.vendor == "sqlite":
        for action in ACTIONS:
            schema_editor.execute(f"DROP TRIGGER IF EXISTS {TABLE}_no_{action}")
    elif schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(f"DROP FUNCTION IF EXISTS {TABLE}_refuse() CASCADE")


class Migration(migrations.Migration):
    dependencies = [("accounts", "0005_grants")]
    operations = [migrations.RunPython(guard, release)]
