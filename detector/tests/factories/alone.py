"""A served analysis in a network of its own, and what the kernel counted of its connections.

    unshare --net python -m detector.tests.factories.alone FOLDER

The network has this machine alone, so whoever looks for another one is counted: connections, and
packets that found no way. The kernel counts for all processes and all languages.
"""

from __future__ import annotations

import fcntl
import json
import socket
import struct
import sys
import time
from contextlib import suppress
from pathlib import Path

from detector.tests.factories.credentials import AI, PHOTO
from detector.tests.factories.pictures import encode, photo
from detector.tests.factories.servers import RunningServer, migrate, serving
from detector.tests.factories.signing import Identity, identity, identity_assertion, sign

SET_FLAGS, UP = 0x8914, 0x1
BOUNDARY = "frontier"
LONGEST = 300  # seconds that an analysis may take on a busy machine
KIND = "cawg.identity_claims_aggregation"


def pictures() -> dict[str, bytes]:
    """Pictures that would like to be looked up elsewhere."""
    web = (identity_assertion(KIND, "did:web:example.org"),)
    return {
        "plain": encode(photo(320, 240), "JPEG"),
        "signed": sign(PHOTO, "JPEG", AI),
        "remote manifest": sign(PHOTO, "JPEG", AI, remote_url="https://example.org/a.c2pa"),
        "did:web": sign(PHOTO, "JPEG", AI, assertions=web),
        "OCSP": sign(PHOTO, "JPEG", AI, who=revocable()),
    }


def revocable() -> Identity:
    """A signer whose certificate says who knows whether it was revoked."""
    return identity("Revocable", ocsp="http://ocsp.example.org/")


def bring_up() -> None:
    """Let the network's only interface work."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, SET_FLAGS, struct.pack("16sh14x", b"lo", UP))


def read_counters() -> dict[str, int]:
    """What was begun: connections of TCP, packets of UDP, and what found no way."""
    lines = Path("/proc/net/snmp").read_text().splitlines()
    counters: dict[str, int] = {}
    for names, values in zip(lines[::2], lines[1::2], strict=True):
        kind, *labels = names.split()
        numbers = map(int, values.split()[1:])
        counters |= {
            f"{kind}{label}": number for label, number in zip(labels, numbers, strict=True)
        }
    for line in Path("/proc/net/snmp6").read_text().splitlines():
        name, number = line.split()
        counters[name] = int(number)
    wanted = ("Tcp:ActiveOpens", "Udp:OutDatagrams", "Ip:OutNoRoutes", "Udp6OutDatagrams")
    return {name: counters[name] for name in (*wanted, "Ip6OutNoRoutes")}


class Client:
    """Asks the server, and counts how often: each question is a connection."""

    def __init__(self, server: RunningServer) -> None:
        self._server, self.asked = server, 0

    def ask(self, method: str, path: str, body: bytes | None = None, **headers: str) -> str:
        self.asked += 1
        response, text = self._server.ask(method, path, body, **headers)
        assert response.status in (200, 201, 202), text
        return text

    def send(self, data: bytes) -> str:
        """The address of the detection of a picture."""
        disposition = 'Content-Disposition: form-data; name="image"; filename="a.jpg"'
        body = f"--{BOUNDARY}\r\n{disposition}\r\n\r\n".encode()
        body += data + f"\r\n--{BOUNDARY}--\r\n".encode()
        kind = f"multipart/form-data; boundary={BOUNDARY}"
        text = self.ask("POST", "/api/v1/detections?wait=0", body, Content_Type=kind)
        return str(json.loads(text)["items"][0]["url"])

    def wait(self, url: str) -> str:
        """How the analysis ends."""
        for _ in range(LONGEST):
            state = str(json.loads(self.ask("GET", url))["state"])
            if state in ("done", "failed"):
                return state
            time.sleep(1)
        return "late"


def main() -> None:
    bring_up()
    folder = migrate(Path(sys.argv[1]))
    files, before = pictures(), read_counters()
    anchors = folder / "anchors.pem"  # nobody would ask about a signer who is not trusted
    anchors.write_text(revocable().anchor)
    # What confines the analysis is off: it would hide what the libraries try.
    env = {"ANALYSIS_SANDBOX": "OFF", "C2PA_TRUST_ANCHORS": str(anchors)}
    with serving(folder, **env) as server:
        client = Client(server)
        urls = {name: client.send(data) for name, data in files.items()}
        states = {name: client.wait(url) for name, url in urls.items()}
        for path in ("/", "/methods/", "/metrics"):
            client.ask("GET", path)
        after = read_counters()
    with suppress(OSError):  # that the counters do count
        socket.create_connection(("192.0.2.1", 443), timeout=5)
    with suppress(OSError):
        socket.getaddrinfo("example.org", 443)
    control = read_counters()
    changes = [{name: late[name] - soon[name] for name in soon} for soon, late in
               ((before, after), (after, control))]  # fmt: skip
    print(json.dumps({"states": states, "own": client.asked, "changes": changes}))  # noqa: T201


if __name__ == "__main__":
    main()
