"""The database as an earlier program had it."""

from __future__ import annotations

from typing import Any

from django.db import connection
from django.db.migrations.executor import MigrationExecutor


def migrate_to(name: str) -> Any:
    """Bring the tables to a migration of the detector; returns the models as they were then."""
    target = [("detector", name)]
    executor = MigrationExecutor(connection)
    executor.migrate(target)
    executor = MigrationExecutor(connection)  # it keeps what it had read before
    return executor.loader.project_state(target).apps


def newest() -> str:
    """The last migration of the detector."""
    leaves = MigrationExecutor(connection).loader.graph.leaf_nodes("detector")
    return leaves[0][1]
