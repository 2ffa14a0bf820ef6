"""What a scan has finished, so that nothing is done twice."""

from __future__ import annotations

import hashlib
import os
import sqlite3
from collections.abc import Iterable

from .pictures import Picture

KEY_BYTES = 16


def make_key(picture: Picture, version: str) -> str:
    """What one result belongs to: a name, the state of its file, and the version that answered."""
    named = repr((os.fsencode(picture.name), picture.state, version))
    return hashlib.blake2b(named.encode(), digest_size=KEY_BYTES).hexdigest()


class Ledger:
    """The keys of all pictures that are finished or under way.

    They lie in a temporary file of SQLite, since ten million of them fill a gigabyte of memory.
    """

    def __init__(self, finished: Iterable[str]) -> None:
        self._database = sqlite3.connect("", isolation_level=None)
        self._database.execute("CREATE TABLE keys (key BLOB PRIMARY KEY) WITHOUT ROWID")
        self._database.execute("BEGIN")
        rows = ((bytes.fromhex(key),) for key in finished)
        self._database.executemany("INSERT OR IGNORE INTO keys VALUES (?)", rows)

    def claim(self, key: str) -> bool:
        """Whether this picture is still to be done; from now on it counts as done."""
        row = (bytes.fromhex(key),)
        return self._database.execute("INSERT OR IGNORE INTO keys VALUES (?)", row).rowcount == 1

    def close(self) -> None:
        """Remove the temporary file."""
        self._database.close()
