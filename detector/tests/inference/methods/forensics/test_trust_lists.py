"""The lists of trusted authorities: what ships, what an operator puts in force, what is broken."""

from __future__ import annotations

import json
import os
import shutil
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from django.core.management import CommandError, call_command
from django.template.loader import render_to_string
from pytest_django import Settings

from detector import checks
from detector.inference.images import open_image
from detector.inference.methods.forensics import Forensics
from detector.inference.runtime import TRUST_DIR, Runtime
from detector.inference.trust_lists import read_trust
from detector.installation import get_runtime
from detector.management.commands.update_trust_list import read_authorities
from detector.tests.factories.credentials import AI, PHOTO
from detector.tests.factories.processes import run_python
from detector.tests.factories.signing import action, identity, sign
from detector.tests.factories.time_stamps import time_authority

CAPTURE = sign(PHOTO, "JPEG", action("c2pa.created", "digitalCapture"))
ANCHOR = identity().anchor


@pytest.fixture
def folder(settings: Settings, tmp_path: Path) -> Path:
    """The folder that lists are put into; the operator has no further authorities."""
    settings.TRUST_DIR = tmp_path / "trust"
    settings.C2PA_TRUST_LIST, settings.C2PA_TRUST_ANCHORS = True, None
    return settings.TRUST_DIR


@pytest.fixture
def pem(tmp_path: Path) -> Path:
    path = tmp_path / "new.pem"
    path.write_text(f"# Zertifizierungsstelle für Prüfer\n{ANCHOR}", "utf-8")
    os.utime(path, (1_780_000_000, 1_780_000_000))  # 28 May 2026
    return path


def update(*arguments: str | Path) -> str:
    out = StringIO()
    call_command("update_trust_list", *map(str, arguments), stdout=out)
    return out.getvalue()


def standing() -> str:
    """What the site says about a capture that the test's own camera signed."""
    answer = Forensics(get_runtime()).predict(open_image(CAPTURE))
    shown = answer.exhibit("credentials")
    assert shown is not None
    return str(shown["standing"])


def test_the_lists_of_the_c2pa_ship_with_licence_origin_and_date() -> None:
    trust = read_trust((TRUST_DIR,), None)
    assert trust.faults == ()
    counts = {one.key: (len(one.certificates), one.date) for one in trust.lists}
    assert counts == {"signers": (30, "2026-08-21"), "time-stamps": (22, "2026-08-21")}
    for one in trust.lists:
        about = json.loads((TRUST_DIR / f"{one.key}.json").read_text())
        assert about["licence"] == "CC BY 4.0" and "conformance-public" in about["source"]
        read_authorities((TRUST_DIR / about["file"]).read_bytes(), one.key)
    assert (
        "CC" in (TRUST_DIR / "LICENSE.md").read_text()
        or "Creative" in (TRUST_DIR / "LICENSE.md").read_text()
    )


def test_they_are_in_force_unless_switched_off(folder: Path, settings: Settings) -> None:
    assert standing() == "valid, signer not on the list"
    settings.C2PA_TRUST_LIST = False
    assert standing() == "valid, signer not checked"


def test_the_operator_s_authorities_are_added_to_them(
    folder: Path, settings: Settings, pem: Path
) -> None:
    settings.C2PA_TRUST_ANCHORS = pem
    assert standing() == "trusted: on the list of this installation"
    assert len(read_trust(get_runtime().trust_lists, pem).lists) == 3
    settings.C2PA_TRUST_LIST = False
    assert standing() == "trusted: on the list of this installation"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("value", "kept"), [("", "2"), ("on", "2"), ("off", "0"), (" OFF ", "0"), ("no", "")]
)
def test_the_setting(value: str, kept: str, tmp_path: Path) -> None:
    code = "from detector.installation import find_trust_lists; print(len(find_trust_lists()))"
    code = f"import django; django.setup(); {code}"
    options = {"C2PA_TRUST_LIST": value, "DJANGO_SETTINGS_MODULE": "ai_image_detector.settings"}
    done = run_python("-c", code, data_dir=tmp_path, **options)
    assert done.stdout.strip() == kept
    if not kept:
        assert "C2PA_TRUST_LIST is 'NO'; accepted are ON, OFF" in done.stderr


def test_a_new_list_is_in_force_at_once_and_can_be_taken_back(folder: Path, pem: Path) -> None:
    states = [Forensics(get_runtime()).state()]
    assert "now has 1 authorities" in update(pem)
    assert standing() == "trusted: on the C2PA list of 2026-05-28"
    states.append(Forensics(get_runtime()).state())
    update(pem, "--date", "2026-11-25")
    assert standing() == "trusted: on the C2PA list of 2026-11-25"
    states.append(Forensics(get_runtime()).state())
    assert len(set(states)) == 3
    assert "again the one that ships" in update("--restore")
    assert standing() == "valid, signer not on the list"
    assert Forensics(get_runtime()).state() == states[0]
    assert list(folder.iterdir()) == []
    update("--restore")  # once more does no harm


def test_another_file_of_the_operator_is_another_state(tmp_path: Path) -> None:
    def state() -> str:
        return Forensics(Runtime(Path(), Path(), trust_anchors=tmp_path / "own.pem")).state()

    found = [state()]
    for text in (ANCHOR, identity("Somebody").anchor):
        (tmp_path / "own.pem").write_text(text)
        found.append(state())
    assert len(set(found)) == 3


LEAF = identity().chain.removesuffix(ANCHOR)
BROKEN = {
    "": "holds no certificate in PEM",
    "hello": "holds no certificate in PEM",
    ANCHOR[:300]: "holds a certificate that cannot be read",
    ANCHOR + "-----BEGIN CERTIFICATE-----\n": "holds a certificate that cannot be read",
    ANCHOR.replace("MII", "AAA", 1): "holds a certificate that cannot be read",
    ANCHOR + LEAF: "holds a certificate that does not belong to an authority",
}


@pytest.mark.slow
@pytest.mark.parametrize("text", BROKEN)
def test_a_broken_file_replaces_nothing(text: str, folder: Path, pem: Path, tmp_path: Path) -> None:
    update(pem)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    bad = tmp_path / "bad.pem"
    bad.write_text(text)
    with pytest.raises(CommandError, match=rf"bad.pem {BROKEN[text]}.*Nothing was changed"):
        update(bad)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    assert standing().startswith("trusted")


def test_what_the_command_does_not_take(folder: Path, pem: Path, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"none.pem: No such file.*Nothing was changed"):
        update(tmp_path / "none.pem")
    with pytest.raises(CommandError, match="either a PEM file or --restore"):
        update()
    with pytest.raises(CommandError, match="either a PEM file or --restore"):
        update(pem, "--restore")
    for day in ("25.11.2026", "9999-01-01"):
        with pytest.raises(CommandError, match=f"'{day}' is not a day up to today"):
            update(pem, "--date", day)
    with pytest.raises(CommandError, match="invalid choice: 'own'"):
        update(pem, "--list", "own")
    assert not folder.exists()


def test_one_list_is_not_taken_for_the_other(folder: Path, tmp_path: Path) -> None:
    stamps = TRUST_DIR / "C2PA-TSA-TRUST-LIST.pem"
    with pytest.raises(CommandError, match=r"holds an authority for time stamps only: .*Google"):
        update(stamps)
    assert "now has 22" in update(stamps, "--list", "time-stamps")


def test_a_write_that_fails_leaves_the_list_as_it_was(
    folder: Path, pem: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    update(pem)
    other = tmp_path / "other.pem"
    other.write_text(identity("Somebody").anchor)
    full = OSError(28, "No space left on device", "drive")

    def fail(*_: Any) -> None:
        raise full

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(CommandError, match="No space left on device. Nothing was changed"):
        update(other)
    assert len(list(folder.iterdir())) == 2
    assert standing().startswith("trusted")


def test_an_interim_list_of_the_operator_is_told_as_such(folder: Path, pem: Path) -> None:
    update(pem, "--list", "interim")
    assert "only on the interim list" in standing()
    update("--restore", "--list", "interim")
    assert standing() == "valid, signer not on the list"


def spoil(folder: Path, how: str) -> None:
    about = folder / "signers.json"
    if how == "changed":
        path = next(folder.glob("signers-*.pem"))
        path.write_text(path.read_text() + identity("Somebody").anchor)
    elif how == "missing":
        next(folder.glob("signers-*.pem")).unlink()
    else:
        about.write_text(how)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("how", "fault"),
    [
        ("changed", "has changed since"),
        ("missing", "cannot be read: No such file"),
        ("{", "is no description of a trust list"),
        ("[]", "is no description of a trust list"),
        ('{"file": "a.pem"}', "is no description of a trust list"),
    ],
)
def test_a_list_that_is_broken_trusts_nobody_and_the_check_says_so(
    how: str, fault: str, folder: Path, pem: Path
) -> None:
    update(pem)
    assert checks.trust_lists_are_certificates() == []
    spoil(folder, how)
    assert not standing().startswith("trusted")
    (message,) = checks.trust_lists_are_certificates()
    assert message.id == "detector.E002" and fault in message.msg and "signers.json" in message.msg
    with pytest.raises(CommandError, match="Trust list: "):
        call_command("detect", "none.jpg")
    update(pem)
    assert checks.trust_lists_are_certificates() == []


def test_a_list_that_ships_must_not_be_missing(tmp_path: Path) -> None:
    shutil.copytree(TRUST_DIR, tmp_path / "trust")
    (tmp_path / "trust" / "signers.json").unlink()
    (fault,) = read_trust((tmp_path / "trust",), None).faults
    assert "signers.json cannot be read: No such file" in fault


def test_a_description_names_no_file_elsewhere(tmp_path: Path) -> None:
    (tmp_path / "other.pem").write_text(ANCHOR)
    folder = tmp_path / "trust"
    folder.mkdir()
    about = {"file": "../other.pem", "sha256": "", "date": ""}
    (folder / "interim.json").write_text(json.dumps(about))
    (fault,) = [one for one in read_trust((folder,), None).faults if "interim" in one]
    assert "cannot be read" in fault


@pytest.mark.parametrize("step", [AI, action("c2pa.created", "digitalCapture")])
def test_the_page_says_who_is_trusted(step: dict[str, Any], folder: Path, pem: Path) -> None:
    data = sign(PHOTO, "JPEG", step)
    changed = data[:-20] + bytes([data[-20] ^ 1]) + data[-19:]

    def page(data: bytes) -> str:
        answer = Forensics(get_runtime()).predict(open_image(data))
        shown = {"exhibit": {"data": answer.exhibit("credentials")}}
        return render_to_string("detector/exhibits/credentials.html", shown)

    assert "Valid, signer not on the list (C2PA list of 2026-08-21)" in page(data)
    update(pem)
    assert "Trusted: on the C2PA list of 2026-05-28" in page(data)
    assert "Invalid: the file was changed after it was signed" in page(changed)


def test_an_authority_for_time_stamps_alone_is_known_by_its_purpose() -> None:
    (clock,) = x509.load_pem_x509_certificates(time_authority().anchor.encode())
    assert read_authorities(time_authority().anchor.encode(), "signers") == [clock]
