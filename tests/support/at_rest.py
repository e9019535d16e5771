"""All that lies in the stores, as a thief of the disk would find it."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

from django.contrib.sessions.models import Session
from django.core.cache import caches
from django.core.cache.backends.redis import RedisCache
from django.db import connection


def at_rest() -> bytes:
    """The database with its journals, its sessions decoded, and the cache."""
    return database() + sessions() + cache()


def database() -> bytes:
    """SQLite's files; on PostgreSQL each row of each table as text."""
    if connection.vendor == "sqlite":
        name = str(connection.settings_dict["NAME"])
        files = [Path(name + ending) for ending in ("", "-wal", "-journal")]
        return b"".join(file.read_bytes() for file in files if file.exists())
    with connection.cursor() as cursor:
        found = []
        for table in connection.introspection.table_names(cursor):
            quoted = connection.ops.quote_name(table)
            cursor.execute(f"SELECT each::text FROM {quoted} AS each")
            found += [text for (text,) in cursor.fetchall()]
    return "\n".join(found).encode()


def sessions() -> bytes:
    """What the sessions hold: stored it is packed."""
    return repr([session.get_decoded() for session in Session.objects.all()]).encode()


def cache() -> bytes:
    """Every key and value of the cache."""
    default = caches["default"]
    if isinstance(default, RedisCache):
        client: Any = default._cache.get_client()
        keys = list(client.scan_iter())
        return b"".join([*keys, *(client.dump(key) or b"" for key in keys)])
    return pickle.dumps(getattr(default, "_cache", {}))
