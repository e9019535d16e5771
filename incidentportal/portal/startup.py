"""What must hold before the portal or its worker starts."""

from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor


def refuse_bad_start(command: BaseCommand) -> None:
    """Raise (with what to type) where the database is missing, behind, or has demo accounts."""
    try:
        executor = MigrationExecutor(connection)
        behind = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError as error:
        raise CommandError(
            f"The database does not answer ({error}). Check DATABASE_URL."
        ) from error
    if behind:
        raise CommandError("The database is behind this version. Run: manage.py migrate")
    command.check(databases=["default"])
    connection.close()


def open_only_what_exists() -> None:
    """Have SQLite fail while its file is away. By itself it would begin an empty one in its place,
    and who met that would stay with it when the file is back.
    """
    if connection.vendor == "sqlite":
        path = Path(connection.settings_dict["NAME"]).resolve()
        connection.settings_dict["OPTIONS"]["database"] = f"{path.as_uri()}?mode=rw"
        connection.close()
