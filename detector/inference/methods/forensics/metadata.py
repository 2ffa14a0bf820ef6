"""What a file says in words, whatever container it said it in.

Everything here was written by strangers: each text is capped before it is decoded, and what cannot
be read becomes a problem to report, never an exception.
"""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

# A generator's payload has kilobytes. A larger text is not read, so that reading stays cheap.
MAX_TEXT = 2**20
MAX_TEXTS = 64
MAX_TEXT_IN_ALL = 2 * 2**20
MAX_PROBLEMS = 8
# Names under which a place may stand: what they hold is not kept.
_PLACE = re.compile(r"gps|latitude|longitude", re.IGNORECASE)
# Real files have thousands of blocks (segments, chunks) at most.
MAX_BLOCKS = 50_000

_JSON_START = re.compile(r"\s*(\{\s*[\"}]|\[\s*[\"\[{])")
# Control characters, halves of surrogate pairs, and what cannot be seen or turns the direction of
# text: none of them belongs on a page, in a database or in a sentence.
_UNPRINTABLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff"
    "\ud800-\udfff\ufff9-\ufffb\ufffe\uffff\U000e0000-\U000e007f]"
)
_NO_QUOTES = str.maketrans(dict.fromkeys('"“”„‟«»', "'"))


class Unreadable(ValueError):
    """A part of the file cannot be read; the message completes "... cannot be read: "."""


def clean(text: str, limit: int) -> str:
    """Text from a file, fit to be shown: printable and at most `limit` characters long."""
    text = _UNPRINTABLE.sub("", text[: 2 * limit]).strip()
    return text if len(text) <= limit else text[: limit - 1] + "…"


def is_place(name: str) -> bool:
    """Whether what stands under this name may say where a picture was taken."""
    return bool(_PLACE.search(name))


def quotable(text: str, limit: int) -> str:
    """As `clean`, fit to stand between quotation marks in a sentence: it cannot end them."""
    return clean(" ".join(text.split()), limit).translate(_NO_QUOTES)


def parse_json(text: str) -> Any:
    """The JSON value, or None for a text that is none. Raises `Unreadable` for a broken one."""
    if not _JSON_START.match(text):
        return None
    try:
        return json.loads(text.strip("\0 \r\n\t"))
    except RecursionError as error:
        raise Unreadable("its JSON is nested too deeply.") from error
    except ValueError as error:
        raise Unreadable("its JSON is damaged.") from error


def inflate(data: bytes, wbits: int = zlib.MAX_WBITS) -> bytes:
    """Unpack a compressed text, no further than the limit of one. Raises `Unreadable`."""
    try:
        stream = zlib.decompressobj(wbits)
        text = stream.decompress(data, MAX_TEXT + 1)
    except zlib.error as error:
        raise Unreadable("its compression is damaged.") from error
    if len(text) > MAX_TEXT:
        raise Unreadable("it is too long once inflated.")
    if not stream.eof:
        raise Unreadable("its compression is cut off.")
    return text


@dataclass(frozen=True)
class Text:
    """One named text of the file; `where` is the container and the key, as shown to people."""

    key: str
    value: str
    where: str

    @cached_property
    def json(self) -> Any:
        """The value as JSON, or None if it is not whole JSON."""
        try:
            return parse_json(self.value)
        except Unreadable:
            return None


@dataclass
class Metadata:
    """All that was read from one file.

    `xmp` maps "{namespace}name" to values, `camera` the names of the EXIF tags that only a capture
    has to their values as shown to people ("" where there is nothing to show), `thumbnail` is the
    preview of the EXIF (a JPEG, or empty), `orientation` its orientation (1 to 8), `containers`
    says what was read and `problems` why the rest was not.
    """

    texts: list[Text] = field(default_factory=list)
    xmp: dict[str, list[str]] = field(default_factory=dict)
    camera: dict[str, str] = field(default_factory=dict)
    thumbnail: bytes = field(default=b"", repr=False)
    orientation: int = 1
    containers: list[str] = field(default_factory=list)
    problems: dict[str, str] = field(default_factory=dict)
    budget: int = MAX_TEXT_IN_ALL

    def spend(self, size: int) -> None:
        """Allow a text of this size to be decoded. Raises `Unreadable` when it is too much."""
        if size > MAX_TEXT:
            raise Unreadable("it is too long.")
        if size > self.budget:
            raise Unreadable("the file holds too much text.")
        self.budget -= size

    def add(self, key: str, value: str, where: str) -> None:
        """Keep a text, and note it if it looks like JSON and is none; never keep a place."""
        if is_place(key):
            self.camera["GPS"] = ""
            return
        with self.reading(where):
            self.spend(len(value))
            if len(self.texts) >= MAX_TEXTS:
                raise Unreadable("the file holds too many texts.")
            text = Text(key, value, where)
            self.texts.append(text)
            if text.json is None:
                parse_json(value)

    def carriers(self, *keys: str) -> Iterator[Text]:
        """The texts under these keys, in the order of the file."""
        return (text for text in self.texts if text.key in keys)

    def value(self, *keys: str) -> str:
        """The first text under these keys that is not empty, or ""."""
        return next((t.value.strip() for t in self.carriers(*keys) if t.value.strip()), "")

    def read(self, container: str) -> None:
        """Note that this container was there and was read."""
        if container not in self.containers:
            self.containers.append(container)

    @contextmanager
    def reading(self, where: str) -> Iterator[None]:
        """Turn `Unreadable` inside the block into a problem of this place in the file."""
        try:
            yield
        except Unreadable as error:
            if len(self.problems) < MAX_PROBLEMS:
                self.problems.setdefault(clean(where, 60), str(error))
