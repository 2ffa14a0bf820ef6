"""The texts of a file, whatever container they are in.

Everything here was written by strangers: each text is capped before it is decoded, and what cannot
be read becomes a problem to report, never an exception.
"""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain
from typing import Any

# A generator's payload has kilobytes, but a graph may hold a whole picture as base64. So a text may
# be large as it is stored; without such pictures, which are not kept, it must be small.
MAX_STORED, MAX_STORED_IN_ALL = 16 * 2**20, 32 * 2**20
MAX_TEXT, MAX_TEXT_IN_ALL = 2 * 2**20, 4 * 2**20
MAX_TEXTS = 64
MAX_WHOLE = 2**16  # a longer text is kept without its pictures
# A text under no name that a reader knows says something only if it is as long as a payload.
LEAST_OTHER = 24
MAX_PROBLEMS = 8
# Names under which a place may stand: what they hold is not kept.
_PLACE = re.compile(r"gps|latitude|longitude", re.IGNORECASE)
# Real files have thousands of blocks (segments, chunks) at most.
MAX_BLOCKS = 50_000

_JSON_START = re.compile(r"\s*(\{\s*[\"}]|\[\s*[\"\[{]|\"(\\+\")*\{\s*\\+\")")
_PICTURE_IN_TEXT = re.compile(r"[\w+/=\-]{1024,}", re.ASCII)
# ComfyUI and its savers put "prompt:{...}" and "workflow:{...}" into whichever field is free.
_LABEL = re.compile(r"\s*([A-Za-z]\w{1,30})\s*[:=]\s*(?=\{)")
MAX_OBJECTS, MAX_NAMES, MAX_WRAPS = 40, 64, 3
# Control characters, halves of surrogate pairs, and what cannot be seen or turns the direction of
# text: none of them belongs on a page, in a database or in a sentence.
_UNPRINTABLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff"
    "\ud800-\udfff\ufff9-\ufffb\ufffe\uffff\U000e0000-\U000e007f]"
)
_NO_QUOTES = str.maketrans(dict.fromkeys('"“”„‟«»', "'"))


class Unreadable(ValueError):
    """A part of the file cannot be read; the message is the reason, a code of "cannot_read"."""


def clean(text: str, limit: int) -> str:
    """Text from a file, fit to be shown: printable and at most `limit` characters long."""
    text = _UNPRINTABLE.sub("", text[: 2 * limit]).strip()
    return text if len(text) <= limit else text[: limit - 1] + "…"


def is_place(name: str) -> bool:
    """Whether the value of this name may say where a picture was taken."""
    return bool(_PLACE.search(name))


def quotable(text: str, limit: int) -> str:
    """Like `clean`, but safe between quotation marks in a sentence: the text cannot end them."""
    return clean(" ".join(text.split()), limit).translate(_NO_QUOTES)


def parse_json(text: str) -> Any:
    """The JSON value, or None for a text that is not JSON. Raises `Unreadable` for broken JSON."""
    if not _JSON_START.match(text):
        return None
    try:
        value = json.loads(text.strip("\0 \r\n\t\ufeff"), strict=False)
    except RecursionError as error:
        raise Unreadable("json_deep") from error
    except ValueError as error:
        raise Unreadable("json_damaged") from error
    return parse_json(value) if isinstance(value, str) else value  # some writers encode it twice


def without_pictures(text: str) -> str:
    """A long text without the parts that can only be a picture written as base64."""
    return _PICTURE_IN_TEXT.sub("0", text) if len(text) > MAX_WHOLE else text


@dataclass(frozen=True)
class Text:
    """One named text of the file; `where` is the container and the key, as shown to people.

    `json` is its value as JSON, None if it is not whole JSON.
    """

    key: str
    value: str
    where: str
    json: Any = field(default=None, repr=False)

    @cached_property
    def objects(self) -> list[dict[str, Any]]:
        """The JSON object, and those that it wraps, also as texts of JSON; nearest first."""
        objects: list[dict[str, Any]] = []
        level = unwrapped([self.json])
        for _ in range(MAX_WRAPS):
            objects += level[: MAX_OBJECTS - len(objects)]
            level = unwrapped(chain.from_iterable(o.values() for o in level if _is_wrapper(o)))
        return objects

    @cached_property
    def strings(self) -> list[str]:
        """The text itself or, if it is JSON, the texts that its objects hold."""
        if self.json is None:
            return [self.value]
        values = chain.from_iterable(o.values() for o in self.objects if _is_wrapper(o))
        return [value for value in values if isinstance(value, str)]


def unwrapped(values: Iterable[Any]) -> list[dict[str, Any]]:
    """The objects among these values, whether as they are or as a text of JSON."""
    texts = []
    for value in values:
        if isinstance(value, str) and value.lstrip()[:1] in ("{", '"'):
            try:
                value = parse_json(value)
            except Unreadable:
                continue
        if isinstance(value, dict):
            texts.append(value)
            if len(texts) == MAX_OBJECTS:
                break
    return texts


def _is_wrapper(data: dict[str, Any]) -> bool:
    """Whether the object may hold settings inside: not the nodes of a graph, nor thousands."""
    return len(data) <= MAX_NAMES and not any(
        isinstance(value, dict) and "class_type" in value for value in data.values()
    )


@dataclass
class Metadata:
    """The data that was read from one file.

    `xmp` maps "{namespace}name" to values, `camera` the names of the EXIF tags that only a capture
    has to their values as shown to people ("" where there is nothing to show), `thumbnail` is the
    preview of the EXIF (a JPEG, or empty), `orientation` its orientation (1 to 8), `containers`
    says what was read and `problems` why the rest was not, as codes of "cannot_read".
    `directories` counts the EXIF read.
    """

    texts: list[Text] = field(default_factory=list)
    xmp: dict[str, list[str]] = field(default_factory=dict)
    camera: dict[str, str] = field(default_factory=dict)
    thumbnail: bytes = field(default=b"", repr=False)
    orientation: int = 1
    containers: list[str] = field(default_factory=list)
    problems: dict[str, str] = field(default_factory=dict)
    directories: int = 0
    budget: int = MAX_TEXT_IN_ALL
    stored: int = MAX_STORED_IN_ALL

    def load(self, size: int) -> None:
        """Allow so many bytes of the file to be read as text. Raises `Unreadable`."""
        if size > MAX_STORED:
            raise Unreadable("text_long")
        if size > self.stored:
            raise Unreadable("text_much")
        self.stored -= size

    def inflate(self, data: bytes, wbits: int = zlib.MAX_WBITS) -> bytes:
        """Unpack a compressed text, no further than the limit of one. Raises `Unreadable`."""
        try:
            stream = zlib.decompressobj(wbits)
            text = stream.decompress(data, min(MAX_STORED, self.stored) + 1)
        except zlib.error as error:
            raise Unreadable("compression_damaged") from error
        self.stored -= min(len(text), self.stored)  # refused text counts too, because it was work
        if not stream.eof and (stream.unconsumed_tail or len(text) > MAX_STORED):
            raise Unreadable("inflated_long")
        if not stream.eof:
            raise Unreadable("compression_cut_off")
        return text

    def spend(self, size: int) -> None:
        """Allow a text of this size to be decoded. Raises `Unreadable` when it is too much."""
        if size > MAX_TEXT:
            raise Unreadable("text_long")
        if size > self.budget:
            raise Unreadable("text_much")
        self.budget -= size

    def add(self, key: str, value: str, where: str) -> None:
        """Keep a text, and note it if it looks like JSON and is none; never keep a place."""
        if is_place(key):
            self.camera["GPS"] = ""
            return
        if label := _LABEL.match(value):
            key, value = label[1], value[label.end() :]
        value, data = without_pictures(value), None
        with self.reading(where):
            self.spend(len(value))
            if len(self.texts) >= MAX_TEXTS:
                raise Unreadable("texts_many")
            try:
                data = parse_json(value)
            finally:
                self.texts.append(Text(key, value, where, data))

    def add_other(self, value: str, where: str) -> None:
        """Keep a text under a name that no reader looks for: it may hold a payload all the same."""
        if len(value) >= LEAST_OTHER:
            self.add("", value, where)

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
