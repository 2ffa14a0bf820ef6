"""The program that reads Content Credentials (C2PA), run as a child process of its own.

Parsers of hostile bytes hang and crash (c2pa-rs issue 1578), so the library works where that hurts
nobody: with little memory, little time, no file and no network. Started by its path, it imports
nothing of this project. Requests come on standard input, answers go to standard output, cut into
frames: four bytes of length, big-endian, then so many bytes. A request is three frames: the trust
lists (JSON, may be empty), the MIME type, the file. An answer is one frame with a JSON object: the
report of the library, or {"error": kind}. The end of the input ends the program.

The trust lists are {"anchors": [...], "stamps": [...]}, each as in the library's settings
(trust.anchors): all that the library may trust, and those alone whose time stamps count.
"""

from __future__ import annotations

import io
import json
import os
import struct
import sys
from functools import lru_cache
from typing import IO, Any

MEMORY = 200 * 2**20  # bytes beyond the memory of the program when it is ready
CPU_SECONDS = 3  # a picture; the parent loses patience before, unless it has died
MAX_REPORT = 2 * 2**20  # bytes; the largest seen in 170 real files had 92,000

Lists = dict[str, list[dict[str, str]]]

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
            trust, mime, data = (receive(requests) for _ in range(3))
        except EOFError:
            return
        _allow_cpu_time()
        send(answers, read_report(trust.decode(), mime.decode(), data))


def read_report(trust: str, mime: str, data: bytes) -> bytes:
    """The library's report on one file as JSON, or {"error": "remote" | "damaged" | "long"}.

    Where a time stamp counts, "time_stamp" is added: whether an authority for time stamps is behind
    it ("trusted"), and the end of the signer's certificate ("not_after"). Where a signer is on the
    lists, "signer_is_clock" says whether an authority for nothing but time stamps is behind it.
    """
    from c2pa import C2paError

    try:
        report = _report(json.loads(trust) if trust else {}, mime, data)
    except C2paError as error:
        remote = "must fetch remote manifests" in str(error)
        return json.dumps({"error": "remote" if remote else "damaged"}).encode()
    text = json.dumps(report).encode()
    return text if len(text) <= MAX_REPORT else b'{"error": "long"}'


def _report(lists: Lists, mime: str, data: bytes) -> dict[str, Any]:
    """The report, and where lists make a signer or a time stamp count, what it does not tell."""
    anchors = lists.get("anchors", [])
    with _open(anchors, mime, data) as reader:
        text = reader.json()
        if len(text) > MAX_REPORT:
            return {"error": "long"}
        report: dict[str, Any] = json.loads(text)
        if lists and _has(report, "timeStamp.trusted"):
            not_after = _not_after(json.loads(reader.crjson()), report["active_manifest"])
            report["time_stamp"] = {"not_after": not_after}
    if "time_stamp" in report:
        stamps = _reread(lists["stamps"], mime, data)
        report["time_stamp"]["trusted"] = _has(stamps, "timeStamp.trusted")
    clocks = [anchor for anchor in anchors if anchor["trust_kind"] == "tsa"]
    if clocks and _has(report, "signingCredential.trusted"):
        signers = _reread(clocks, mime, data)
        report["signer_is_clock"] = _has(signers, "signingCredential.trusted")
    return report


def _reread(anchors: list[dict[str, str]], mime: str, data: bytes) -> dict[str, Any]:
    """The report of a reading that trusts only these lists."""
    with _open(anchors, mime, data) as reader:
        report: dict[str, Any] = json.loads(reader.json())
        return report


def _has(report: dict[str, Any], success: str) -> bool:
    """Whether the file's own manifest has this code among its successes."""
    codes = (report.get("validation_results") or {}).get("activeManifest") or {}
    return any(entry.get("code") == success for entry in codes.get("success") or [])


def _not_after(report: dict[str, Any], label: str) -> str:
    """The end of the signer's certificate (ISO 8601), which only the library's crJSON names."""
    for manifest in report.get("manifests", []):
        if manifest.get("label") == label:
            certificate = manifest.get("signature", {}).get("certificateInfo", {})
            return str(certificate.get("validity", {}).get("notAfter", ""))
    return ""


def _open(anchors: list[dict[str, str]], mime: str, data: bytes) -> Any:
    """The library's reader of a file; with an empty list it trusts nobody."""
    from c2pa import Reader

    return Reader(mime, io.BytesIO(data), context=_context(json.dumps(anchors)))


@lru_cache(maxsize=3)
def _context(anchors: str) -> Any:
    from c2pa import Context

    lists = json.loads(anchors)
    return Context.from_dict(OFFLINE | ({"trust": {"anchors": lists}} if lists else {}))


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
    """Write one frame, even to a pipe that accepts it only in pieces."""
    for part in (struct.pack(">I", len(frame)), frame):
        remainder = memoryview(part)
        while remainder:
            remainder = remainder[pipe.write(remainder) :]
    pipe.flush()


if __name__ == "__main__":
    main()
