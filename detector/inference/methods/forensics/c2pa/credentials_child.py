"""The program that reads Content Credentials (C2PA), run as a child process of its own.

Parsers of hostile bytes hang and crash (c2pa-rs issue 1578), so the library works where that hurts
nobody: with little memory, little time, no file and no network. Started by its path, it imports
nothing of this project. Requests come on standard input, answers go to standard output, cut into
frames: four bytes of length, big-endian, then so many bytes. A request is three frames: the trust
anchors (PEM, may be empty), the MIME type, the file. An answer is one frame with a JSON object: the
report of the library, or {"error": kind}. The end of the input ends the program.
"""

from __future__ import annotations

import io
import json
import os
import struct
import sys
from functools import lru_cache
from typing import IO, Any

MEMORY = 200 * 2**20  # bytes beyond what the program has once it is ready
CPU_SECONDS = 3  # a picture; the parent loses patience before, unless it has died
MAX_REPORT = 2 * 2**20  # bytes; the largest seen in 170 real files had 92,000

# Nothing may be fetched because of what a file says: no manifest, no list of revoked certificates,
# no document that says whose key an identity assertion (CAWG, did:web) was signed with.
OFFLINE = {
    "verify": {"remote_manifest_fetch": False, "ocsp_fetch": False},
    "core": {"decode_identity_assertions": False},
}


def main() -> None:
    """Answer requests until there are no more; an empty JSON object says that all is ready."""
    # What a library prints must not get between the frames.
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    requests = sys.stdin.buffer
    read_report("", "image/jpeg", b"\xff\xd8\xff\xd9")  # load all that is loaded on first use
    _give_up_rights()
    send(answers, b"{}")
    while True:
        try:
            anchors, mime, data = (receive(requests) for _ in range(3))
        except EOFError:
            return
        _allow_cpu_time()
        send(answers, read_report(anchors.decode(), mime.decode(), data))


def read_report(anchors: str, mime: str, data: bytes) -> bytes:
    """The library's report on one file as JSON, or {"error": "remote" | "damaged" | "long"}."""
    from c2pa import C2paError, Reader

    try:
        with Reader(mime, io.BytesIO(data), context=_context(anchors)) as reader:
            report = reader.json().encode()
    except C2paError as error:
        remote = "must fetch remote manifests" in str(error)
        return json.dumps({"error": "remote" if remote else "damaged"}).encode()
    return report if len(report) <= MAX_REPORT else b'{"error": "long"}'


@lru_cache(maxsize=1)
def _context(anchors: str) -> Any:
    from c2pa import Context

    trust = {"trust": {"trust_anchors": anchors}} if anchors else {}
    return Context.from_dict(OFFLINE | trust)


def _give_up_rights() -> None:
    """No memory dump, no mountain of memory, no further file or socket; not to be taken back."""
    import resource

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":  # elsewhere this limit leaves out most of what malloc takes
        limit = _data_size() + MEMORY
        resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
    free = os.dup(0)  # the lowest number that is free: new files would have this one or higher
    os.close(free)
    resource.setrlimit(resource.RLIMIT_NOFILE, (free, free))


def _data_size() -> int:
    """Bytes that count for RLIMIT_DATA, as in proc(5)."""
    import resource

    with open("/proc/self/statm") as file:
        return int(file.read().split()[5]) * resource.getpagesize()


def _allow_cpu_time() -> None:
    """Some seconds more than were used: the system counts over the life of a process."""
    import resource

    usage = resource.getrusage(resource.RUSAGE_SELF)
    soft = int(usage.ru_utime + usage.ru_stime) + CPU_SECONDS
    resource.setrlimit(resource.RLIMIT_CPU, (soft, resource.RLIM_INFINITY))


def receive(pipe: IO[bytes], limit: int = 2**32) -> bytes:
    """The next frame. Raises `EOFError` at the end, `ValueError` if it is over the limit."""
    (length,) = struct.unpack(">I", _read(pipe, 4))
    if length > limit:
        raise ValueError(f"A frame of {length} bytes is too long.")
    return _read(pipe, length)


def _read(pipe: IO[bytes], length: int) -> bytes:
    parts: list[bytes] = []
    while length > 0:
        parts.append(pipe.read(length))
        if not parts[-1]:
            raise EOFError
        length -= len(parts[-1])
    return b"".join(parts)


def send(pipe: IO[bytes], frame: bytes) -> None:
    """Write one frame, also to a pipe that takes it in pieces."""
    for part in (struct.pack(">I", len(frame)), frame):
        rest = memoryview(part)
        while rest:
            rest = rest[pipe.write(rest) :]
    pipe.flush()


if __name__ == "__main__":
    main()
