"""An authority for time stamps (RFC 3161) that a test runs on this machine, with any clock."""

from __future__ import annotations

import datetime
import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from asn1crypto import algos, cms, core, tsp
from asn1crypto import x509 as asn1
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID

from detector.tests.factories.signing import Key, certificate

POLICY = "1.3.6.1.4.1.62558.99"


@dataclass(frozen=True)
class TimeAuthority:
    """Whoever says when a signature existed: its certificate (DER), its key, the root (PEM)."""

    leaf: bytes
    key: Key
    anchor: str


@cache
def time_authority(name: str = "Test Clock") -> TimeAuthority:
    """An authority of this name, whose certificates are valid from some years ago."""
    root_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING])
    span: dict[str, Any] = {"begins": -4000, "ends": 4000}
    root = certificate(f"{name} Root", root_key, f"{name} Root", root_key, **span)
    leaf = certificate(name, key, f"{name} Root", root_key, **span).add_extension(usage, True)
    signed = [builder.sign(root_key, hashes.SHA256()) for builder in (leaf, root)]
    return TimeAuthority(
        signed[0].public_bytes(Encoding.DER), key, signed[1].public_bytes(Encoding.PEM).decode()
    )


@contextmanager
def serve(authority: TimeAuthority, when: datetime.datetime) -> Iterator[str]:
    """The address of a server on this machine that stamps whatever it is given with `when`."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            answer = stamp(authority, tsp.TimeStampReq.load(body), when)
            self.send_response(200)
            self.send_header("Content-Type", "application/timestamp-reply")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *args: object) -> None:
            """Nothing: a test is not to write on standard error."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=[0.02], daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()
            thread.join()


def stamp(authority: TimeAuthority, request: tsp.TimeStampReq, when: datetime.datetime) -> bytes:
    """The answer of the authority: the hash that was sent, and the time, signed together."""
    info = tsp.TSTInfo(
        {
            "version": "v1",
            "policy": POLICY,
            "message_imprint": request["message_imprint"],
            "serial_number": x509.random_serial_number() >> 96,
            "gen_time": when.replace(microsecond=0),
            "nonce": request["nonce"].native,
        }
    )
    token = cms.ContentInfo(
        {"content_type": "signed_data", "content": _signed(authority, info.dump(), when)}
    )
    status = tsp.PKIStatusInfo({"status": "granted"})
    return tsp.TimeStampResp({"status": status, "time_stamp_token": token}).dump()


def _signed(authority: TimeAuthority, content: bytes, when: datetime.datetime) -> cms.SignedData:
    certificate = asn1.Certificate.load(authority.leaf)
    sha256 = algos.DigestAlgorithm({"algorithm": "sha256"})
    cert_id = tsp.ESSCertIDv2({"cert_hash": hashlib.sha256(authority.leaf).digest()})
    attributes = cms.CMSAttributes(
        [
            {"type": "content_type", "values": ["tst_info"]},
            {"type": "message_digest", "values": [hashlib.sha256(content).digest()]},
            {
                "type": "signing_time",
                "values": [cms.Time({"utc_time": when.replace(microsecond=0)})],
            },
            {
                "type": "signing_certificate_v2",
                "values": [tsp.SigningCertificateV2({"certs": [cert_id]})],
            },
        ]
    )
    signature = authority.key.sign(attributes.dump(), ec.ECDSA(hashes.SHA256()))
    issuer = cms.IssuerAndSerialNumber(
        {"issuer": certificate.issuer, "serial_number": certificate.serial_number}
    )
    signer = cms.SignerInfo(
        {
            "version": "v1",
            "sid": cms.SignerIdentifier({"issuer_and_serial_number": issuer}),
            "digest_algorithm": sha256,
            "signed_attrs": attributes,
            "signature_algorithm": algos.SignedDigestAlgorithm({"algorithm": "sha256_ecdsa"}),
            "signature": signature,
        }
    )
    return cms.SignedData(
        {
            "version": "v3",
            "digest_algorithms": [sha256],
            "encap_content_info": {
                "content_type": "tst_info",
                "content": core.ParsableOctetString(content),
            },
            "certificates": [certificate],
            "signer_infos": [signer],
        }
    )
