"""Content Credentials signed in the test, with certificates that are thrown away afterwards."""

from __future__ import annotations

import datetime
import io
import json
from dataclasses import dataclass
from functools import cache
from typing import Any

from c2pa import Builder, C2paSignerInfo, Context, Signer
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID

from detector.inference.trust_lists import Trust, TrustList

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
# Lists to interpret reports with that a test writes itself: "own" is the one that trusts.
LISTED = Trust((TrustList("own", ("a certificate",)),))
# As few bytes as can be, and no look at what was signed: tests sign what a validator refuses.
SETTINGS = {
    "builder": {"thumbnail": {"enabled": False}},
    "verify": {
        "verify_after_sign": False,
        "remote_manifest_fetch": False,
        "ocsp_fetch": False,
    },
}
Key = ec.EllipticCurvePrivateKey


@dataclass(frozen=True)
class Identity:
    """A signer: its certificate, then that of the authority behind it; its key; the authority."""

    chain: str
    key: str
    anchor: str


@cache
def identity(
    name: str = "Test Camera",
    *,
    begins: float = -9,
    ends: float = 1,
    ocsp: str = "",
    usage: x509.ObjectIdentifier = ExtendedKeyUsageOID.EMAIL_PROTECTION,
) -> Identity:
    """A signer of this name, with an authority of its own.

    The certificate is valid from `begins` to `ends`, in days from now, and for this `usage`; it
    names `ocsp` as the place that knows whether it was revoked.
    """
    root_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    root = certificate(f"{name} Root", root_key, f"{name} Root", root_key, begins=begins, ends=1)
    leaf = certificate(name, key, f"{name} Root", root_key, begins=begins, ends=ends)
    leaf = leaf.add_extension(x509.ExtendedKeyUsage([usage]), False)
    if ocsp:
        place = x509.UniformResourceIdentifier(ocsp)
        access = x509.AccessDescription(AuthorityInformationAccessOID.OCSP, place)
        leaf = leaf.add_extension(x509.AuthorityInformationAccess([access]), False)
    pem = [
        builder.sign(root_key, hashes.SHA256()).public_bytes(Encoding.PEM).decode()
        for builder in (leaf, root)
    ]
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return Identity("".join(pem), private.decode(), pem[1])


@cache
def clerk(usage: x509.ObjectIdentifier) -> tuple[Identity, str]:
    """A signer under an authority for time stamps, which is under a root; that authority (PEM)."""
    root_key, middle_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(3))
    life: dict[str, Any] = {"begins": -9, "ends": 1}
    stamps = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING])
    root = certificate("Top", root_key, "Top", root_key, **life)
    middle = certificate("Clocks", middle_key, "Top", root_key, **life, authority=True)
    leaf = certificate("Clerk", key, "Clocks", middle_key, **life)
    leaf = leaf.add_extension(x509.ExtendedKeyUsage([usage]), True)
    pem = [
        builder.sign(by, hashes.SHA256()).public_bytes(Encoding.PEM).decode()
        for builder, by in (
            (leaf, middle_key),
            (middle.add_extension(stamps, False), root_key),
            (root, root_key),
        )
    ]
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return Identity(pem[0] + pem[1], private.decode(), pem[2]), pem[1]


def certificate(
    subject: str,
    key: Key,
    issuer: str,
    issuer_key: Key,
    *,
    begins: float,
    ends: float,
    authority: bool = False,
) -> x509.CertificateBuilder:
    """A certificate as C2PA demands it; one whose key is that of its issuer is an authority, too.

    It is valid from `begins` to `ends`, in days from now.
    """
    authority = authority or key is issuer_key
    now = datetime.datetime.now(datetime.UTC)
    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    above = x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key())
    return (
        x509.CertificateBuilder()
        .subject_name(_name(subject))
        .issuer_name(_name(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + datetime.timedelta(days=begins))
        .not_valid_after(now + datetime.timedelta(days=ends))
        .add_extension(x509.BasicConstraints(authority, None), critical=True)
        .add_extension(_key_usage(authority=authority), critical=True)
        .add_extension(identifier, critical=False)
        .add_extension(above, critical=False)
    )


def _name(common_name: str) -> x509.Name:
    organisation = x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Test Pictures Ltd")
    return x509.Name([organisation, x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _key_usage(*, authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not authority,
        key_cert_sign=authority,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )


def action(name: str, term: str = "", **fields: Any) -> dict[str, Any]:
    """One action of a manifest, with a term of IPTC's vocabulary as its source type."""
    source = {"digitalSourceType": TERM + term} if term else {}
    return {"action": name, **source, **fields}


def sign(
    data: bytes,
    format: str,
    *actions: dict[str, Any],
    ingredients: tuple[tuple[dict[str, Any], bytes], ...] = (),
    remote_url: str = "",
    who: Identity | None = None,
    generator: str = "Test Studio",
    label: str = "c2pa.actions",
    assertions: tuple[dict[str, Any], ...] = (),
    version: int = 2,
    clock: str = "",
) -> bytes:
    """The picture with a manifest that holds these actions, if any, under this label.

    `ingredients` are (definition, JPEG); with `remote_url` the file only points at its manifest.
    `assertions` are further ones, `version` is that of the claim: 1 for the standard up to 1.4.
    `clock` is the address of an authority for time stamps, which is asked for one.
    """
    who = who or identity()
    steps = {"label": label, "data": {"actions": list(actions)}}
    definition = {
        "claim_version": version,
        "claim_generator_info": [{"name": generator, "version": "1.2"}],
        "assertions": [*([steps] if actions else []), *assertions],
    }
    stamps = clock.encode() or None
    info = C2paSignerInfo(b"es256", who.chain.encode(), who.key.encode(), stamps)
    signed = io.BytesIO()
    context = Context.from_dict(SETTINGS)
    with Signer.from_info(info) as signer, Builder(definition, context) as builder:
        if remote_url:
            builder.set_no_embed()
            builder.set_remote_url(remote_url)
        for said, picture in ingredients:
            builder.add_ingredient(said, MIME["JPEG"], io.BytesIO(picture))
        builder.sign(signer, MIME[format], io.BytesIO(data), signed)
    return signed.getvalue()


def identity_assertion(kind: str, issuer: str = "") -> dict[str, Any]:
    """An identity assertion (CAWG) whose signature is rubbish; numbers stand for bytes."""
    bound = [{"url": "self#jumbf=c2pa.assertions/c2pa.hash.data", "hash": [0] * 32}]
    payload = {"referenced_assertions": bound, "sig_type": kind}
    credential = {
        "@context": ["https://www.w3.org/ns/credentials/v2", "https://cawg.io/identity/1.1/ica/context/"],
        "type": ["VerifiableCredential", "IdentityClaimsAggregationCredential"],
        "issuer": issuer,
        "validFrom": "2025-01-01T00:00:00Z",
        "credentialSubject": {
            "verifiedIdentities": [{
                "type": "cawg.social_media", "name": "A", "username": "a",
                "uri": "https://example.org/a", "verifiedAt": "2025-01-01T00:00:00Z",
                "provider": {"id": "https://example.org", "name": "example"},
            }],
            "c2paAsset": {"referenced_assertions": bound, "sig_type": kind},
        },
    }  # fmt: skip
    body = json.dumps(credential).encode()
    # COSE_Sign1: EdDSA and the kind of content, no further header, the content, the signature.
    head = bytes([0xD2, 0x84, 0x53, 0xA2, 1, 0x27, 3, 0x6E]) + b"application/vc" + b"\xa0"
    signature = head + b"\x59" + len(body).to_bytes(2, "big") + body + b"\x58\x40" + bytes(64)
    data = {"signer_payload": payload, "signature": list(signature), "pad1": [0] * 8}
    return {"label": "cawg.identity", "data": data}
