"""docs/scale.md and docs/desk.md: a command prints each table, and each command has its table."""

from __future__ import annotations

import re

from detector.benchmarks.blocks import find_blocks
from detector.benchmarks.screenshots import MOST_BYTES, SCREENSHOTS
from detector.benchmarks.table import MEASUREMENTS
from detector.tests.factories.processes import ROOT

# A block that the machine of the document was too busy for.
NOT_MEASURED = "Not measured yet.\n"
DOCUMENTS = [ROOT / "docs" / name for name in ("scale.md", "desk.md")]


def test_every_table_of_a_document_is_a_measurement_and_says_where_it_was_made() -> None:
    of_each = [find_blocks(document.read_text("utf-8")) for document in DOCUMENTS]
    blocks = {name: text for blocks in of_each for name, text in blocks.items()}
    assert blocks.keys() == MEASUREMENTS.keys() | {"database-postgresql"}
    for name, text in blocks.items():
        if text != NOT_MEASURED:
            command = name.partition("-")[0]
            said = rf"`manage\.py benchmark {command}[^`]*`: \d+ \w+ \d+, \d+ cores, load \d"
            assert re.match(said, text), name
            assert text.count("\n|") >= 3, f"{name} has no lines"


def test_every_screenshot_is_small_and_shown_in_a_document() -> None:
    texts = "".join(path.read_text("utf-8") for path in [*DOCUMENTS, ROOT / "README.md"])
    shown = set(re.findall(r"screenshots/([\w-]+\.webp)", texts))
    assert shown == {path.name for path in SCREENSHOTS.iterdir()}
    assert max(path.stat().st_size for path in SCREENSHOTS.iterdir()) <= MOST_BYTES
