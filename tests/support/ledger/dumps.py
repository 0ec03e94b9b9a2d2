"""Dump and restore a database with PostgreSQL's own programs."""

import subprocess
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

from local.servers.postgres import binaries


def dump(url: str, file: Path) -> None:
    """Write the database to a file, as a nightly or hourly backup does."""
    _run("pg_dump", "--format=custom", f"--file={file}", url)


def restore(url: str, file: Path) -> None:
    """Drop the database with all its connections, and create it again from a dump."""
    parts = urlsplit(url)
    name = sql.Identifier(parts.path.removeprefix("/"))
    with psycopg.connect(parts._replace(path="/postgres").geturl(), autocommit=True) as connection:
        connection.execute(sql.SQL("drop database {} with (force)").format(name))
        connection.execute(sql.SQL("create database {}").format(name))
    _run("pg_restore", f"--dbname={url}", str(file))


def _run(program: str, *arguments: str) -> None:
    subprocess.run([str(binaries() / program), *arguments], check=True, capture_output=True, timeout=60)
