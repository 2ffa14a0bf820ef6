"""Content Credentials signed in the test, with certificates that are thrown away afterwards."""

from __future__ import annotations

import datetime
import io
from dataclasses import dataclass
from functools import cache
from typing import Any

from c2pa import Builder, C2paSignerInfo, Signer
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

TERM = "http://cv.iptc.org/newscodes/digitalsourcetype/"
MIME = {
    "JPEG": "image/jpeg",
    "PNG": "image/png",
    "WEBP": "image/webp",
    "TIFF": "image/tiff",
    "GIF": "image/gif",
    "HEIF": "image/heic",
    "AVIF": "image/avif",
}
DAY = datetime.timedelta(days=1)


@dataclass(frozen=True)
class Identity:
    """A signer: its certificate with that of the authority behind it, its key, the authority."""

    chain: str
    key: str
    anchor: str


def _name(common_name: str) -> x509.Name:
    organisation = x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Test Pictures Ltd")
    return x509.Name([organisation, x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _certificate(
    subject: str,
    key: ec.EllipticCurvePrivateKey,
    issuer: str,
    signed_by: ec.EllipticCurvePrivateKey,
) -> x509.Certificate:
    """A certificate as C2PA demands it; one that `key` itself signs is an authority."""
    authority = key is signed_by
    now = datetime.datetime.now(datetime.UTC)
    usage = dict.fromkeys(
        ("content_commitment", "key_encipherment", "data_encipherment", "key_agreement")
        + ("crl_sign", "encipher_only", "decipher_only"),
        False,
    )
    builder = (
        x509.CertificateBuilder()
        .subject_name(_name(subject))
        .issuer_name(_name(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - DAY)
        .not_valid_after(now + 30 * DAY)
        .add_extension(x509.BasicConstraints(authority, None), critical=True)
        .add_extension(
            x509.KeyUsage(digital_signature=not authority, key_cert_sign=authority, **usage),
            critical=True,
        )
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signed_by.public_key()), False
        )
    )
    if not authority:
        builder = builder.add_extension(
            x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION]), False
        )
    return builder.sign(signed_by, hashes.SHA256())


@cache
def identity(name: str = "Test Camera") -> Identity:
    """A signer of this name, with an authority of its own."""
    root_key, leaf_key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    root = _certificate(f"{name} Root", root_key, f"{name} Root", root_key)
    leaf = _certificate(name, leaf_key, f"{name} Root", root_key)
    pem = [certificate.public_bytes(Encoding.PEM).decode() for certificate in (leaf, root)]
    private = leaf_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return Identity("".join(pem), private.decode(), pem[1])


def action(name: str, term: str = "", **fields: Any) -> dict[str, Any]:
    """One action of a manifest, with a term of IPTC's vocabulary as its source type."""
    source = {"digitalSourceType": TERM + term} if term else {}
    return {"action": name, **source, **fields}


def sign(
    data: bytes,
    format: str,
    *actions: dict[str, Any],
    ingredients: tuple[tuple[dict[str, Any], str, bytes], ...] = (),
    remote_url: str = "",
    who: Identity | None = None,
) -> bytes:
    """The picture with a manifest that holds these actions.

    `ingredients` are (definition, format, bytes); with `remote_url` the file only points at it.
    """
    who = who or identity()
    definition = {
        "claim_generator_info": [{"name": "Test Studio", "version": "1.2"}],
        "title": "picture",
        "assertions": [{"label": "c2pa.actions", "data": {"actions": list(actions)}}],
    }
    # An address, even one where nobody answers, would be asked for a time stamp.
    info = C2paSignerInfo(b"es256", who.chain.encode(), who.key.encode(), None)
    signed = io.BytesIO()
    with Signer.from_info(info) as signer, Builder(definition) as builder:
        if remote_url:
            builder.set_no_embed()
            builder.set_remote_url(remote_url)
        for said, kind, picture in ingredients:
            builder.add_ingredient(said, MIME[kind], io.BytesIO(picture))
        builder.sign(signer, MIME[format], io.BytesIO(data), signed)
    return signed.getvalue()
