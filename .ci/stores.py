"""Which of PostgreSQL and Redis answer, for the tests that lean on a database or a cache."""

from __future__ import annotations

import os
import zlib
from pathlib import Path

import psycopg
import redis

HERE = zlib.crc32(str(Path.cwd()).encode())
LOCAL_POSTGRES = "postgres://postgres@127.0.0.1:5432"
LOCAL_REDIS = "redis://127.0.0.1:6379/15"
"""The last database, since tests empty it, and what others keep here lies in the first."""


def answering() -> tuple[dict[str, str], list[str]]:
    """The environment that sends the tests there, and a line for each store that is missing."""
    environment: dict[str, str] = {}
    missing: list[str] = []
    given = os.environ.get("TEST_DATABASE_URL")
    if problem := _postgres_problem(given or f"{LOCAL_POSTGRES}/postgres"):
        missing.append(f"PostgreSQL ({problem}): set TEST_DATABASE_URL=postgres://user@host/name")
    else:
        # The tests make `test_<name>`; a name for each folder keeps two clones apart.
        environment["STORE_DATABASE_URL"] = given or f"{LOCAL_POSTGRES}/portal_{HERE:08x}"
    address = os.environ.get("TEST_REDIS_URL") or LOCAL_REDIS
    if problem := _redis_problem(address):
        missing.append(f"Redis ({problem}): set TEST_REDIS_URL=redis://host:6379/15")
    else:
        environment["STORE_REDIS_URL"] = address
    return environment, missing


def _postgres_problem(url: str) -> str:
    try:
        psycopg.connect(url, connect_timeout=3).close()
    except psycopg.OperationalError as error:
        return str(error).splitlines()[0]
    return ""


def _redis_problem(url: str) -> str:
    try:
        with redis.Redis.from_url(url, socket_timeout=3, socket_connect_timeout=3) as connection:
            connection.ping()
    except redis.RedisError as error:
        return str(error).splitlines()[0]
    return ""
