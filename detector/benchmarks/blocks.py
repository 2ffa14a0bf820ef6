"""Tables in a document, each between two marks that name its measurement."""

from __future__ import annotations

import re
from pathlib import Path

from .clock import Failed


def find_blocks(text: str) -> dict[str, str]:
    """The blocks of a document by name."""
    pairs = re.findall(r"<!-- benchmark: ([\w-]+) -->\n(.*?)<!-- end of \1 -->", text, re.DOTALL)
    return dict(pairs)


def put_block(document: Path, name: str, text: str) -> None:
    """Replace a block. Raises `Failed` where the document has none of this name."""
    page = document.read_text("utf-8")
    if name not in find_blocks(page):
        raise Failed(f"{document.name} has no block <!-- benchmark: {name} -->.")
    block = re.compile(
        rf"(?<=<!-- benchmark: {name} -->\n).*?(?=<!-- end of {name} -->)", re.DOTALL
    )
    document.write_text(block.sub(lambda _: text, page), "utf-8")
