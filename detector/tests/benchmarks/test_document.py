"""docs/scale.md: every table in it is printed by a command, and every command has its table."""

from __future__ import annotations

import re

from detector.benchmarks.blocks import find_blocks
from detector.benchmarks.table import MEASUREMENTS
from detector.tests.factories.processes import ROOT

# A block that the machine of the document was too busy for.
NOT_MEASURED = "Not measured yet.\n"


def test_every_table_of_the_document_is_a_measurement_and_says_where_it_was_made() -> None:
    blocks = find_blocks((ROOT / "docs" / "scale.md").read_text("utf-8"))
    assert blocks.keys() == MEASUREMENTS.keys() | {"database-postgresql"}
    for name, text in blocks.items():
        if text != NOT_MEASURED:
            command = name.partition("-")[0]
            said = rf"`manage\.py benchmark {command}[^`]*`: \d+ \w+ \d+, \d+ cores, load \d"
            assert re.match(said, text), name
            assert text.count("\n|") >= 3, f"{name} has no lines"
