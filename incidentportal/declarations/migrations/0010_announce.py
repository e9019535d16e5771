"""PostgreSQL tells the workers of a declaration that is due, when its transaction commits."""

from django.db import migrations

TABLE = "declarations_declaration"
NAME = "declaration_due_now"
CHANNEL = "incidentportal_due"
"""As `announce.py` listens."""

STATEMENTS = (
    f"""
    CREATE FUNCTION {NAME}() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN PERFORM pg_notify('{CHANNEL}', ''); RETURN NULL; END $$
    """,
    f"""
    CREATE TRIGGER {NAME} AFTER INSERT OR UPDATE OF state, due_at ON {TABLE}
    FOR EACH ROW WHEN (NEW.state = 'queued' AND NEW.due_at <= clock_timestamp())
    EXECUTE FUNCTION {NAME}()
    """,
)


def announce(apps, schema_editor):
    silence(apps, schema_editor)
    if schema_editor.connection.vendor == "postgresql":
        for statement in STATEMENTS:
            schema_editor.execute(statement, params=None)


def silence(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(f"DROP FUNCTION IF EXISTS {NAME}() CASCADE")


class Migration(migrations.Migration):
    dependencies = [("declarations", "0009_transitions")]
    operations = [migrations.RunPython(announce, silence)]
