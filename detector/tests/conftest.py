"""Fixtures for pages: a media folder of the test's own, a visitor, and results put in as rows."""

from __future__ import annotations

import io
import signal
import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.test import Client, override_settings
from PIL import Image
from pytest_django import Settings
from whitenoise.middleware import WhiteNoiseMiddleware  # type: ignore[import-untyped]

from detector.analysis.answers import Assessment
from detector.checkpoints import convert
from detector.inference.images import open_image
from detector.inference.method import Method
from detector.inference.methods import METHODS
from detector.inference.results import (
    Agreement,
    FileFacts,
    Finding,
    Label,
    MethodResult,
    Thresholds,
    Verdict,
)
from detector.installation import get_detector
from detector.models import Analysis, Upload
from detector.previews import hash_likeness, make_error_levels, make_preview, make_thumbnail
from detector.tests.factories.desk import Desk, furnish
from detector.tests.factories.stubs import Here, spec_of


@pytest.fixture(autouse=True, scope="session")
def interruptible() -> None:
    """A shell ignores Ctrl-C for what it starts in the background, and children inherit that."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True, scope="session")
def own_data(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Each process of the tests has a data folder of its own, and leaves the user's alone."""
    folder = tmp_path_factory.mktemp("data")
    temp = folder / "tmp"
    temp.mkdir()
    compiled = folder / "openvino"
    with override_settings(
        DATA_DIR=folder, TEMP_DIR=temp, FILE_UPLOAD_TEMP_DIR=temp, COMPILED_DIR=compiled
    ):
        yield


@pytest.fixture(autouse=True, scope="session")
def quick_passwords() -> Iterator[None]:
    """The hash that protects real passwords is slow on purpose: a quarter of a second each time."""
    with override_settings(PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"]):
        yield


@pytest.fixture(autouse=True, scope="session")
def files_found_once() -> Iterator[None]:
    """Each client of a test starts the middleware anew, which looks for all static files again."""
    find = WhiteNoiseMiddleware.add_files_from_finders
    found: dict[str, object] = {}

    def add(self: WhiteNoiseMiddleware) -> None:
        if not found:
            find(self)
            found.update(self.files)
        self.files.update(found)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(WhiteNoiseMiddleware, "add_files_from_finders", add)
        yield


@pytest.fixture(autouse=True)
def media(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of the test's own. Few tests need it, so the storage makes it, not this fixture."""
    settings.MEDIA_ROOT = tmp_path_factory.getbasetemp() / "media" / uuid.uuid4().hex
    return settings.MEDIA_ROOT


@pytest.fixture(autouse=True)
def analysed_here(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Uploads are analysed in the process of the tests, which may put methods into the table."""
    settings.ANALYSIS_ENGINE = "INLINE"
    monkeypatch.setattr("detector.installation.get_pool", Here)


@pytest.fixture
def conversion_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Checkpoints are converted in this process: starting one takes longer than most tests."""

    def convert_here(folder: Path, xml: Path) -> None:
        xml.parent.mkdir(parents=True, exist_ok=True)
        convert.main(folder, xml)

    monkeypatch.setattr(convert, "convert", convert_here)


@pytest.fixture
def use_methods(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """Put methods of the test's own into the table, in the place of all others."""
    table = dict(METHODS)  # monkeypatch would put them back in another order

    def use(**classes: type[Method]) -> None:
        METHODS.clear()
        METHODS.update({key: spec_of(key, cls) for key, cls in classes.items()})
        get_detector.cache_clear()

    yield use
    monkeypatch.undo()  # before the table: it may hold what a test put into it
    METHODS.clear()
    METHODS.update(table)
    get_detector.cache_clear()


@pytest.fixture(scope="session")
def jpeg() -> bytes:
    """A real JPEG of 512 x 512 pixels: a gradient with noise."""
    noise = np.random.default_rng(7).normal(0, 8, (512, 512, 3))
    gradient = np.linspace(40, 210, 512)[None, :, None]
    buffer = io.BytesIO()
    pixels = (gradient + noise).clip(0, 255).astype(np.uint8)
    Image.fromarray(pixels).save(buffer, "JPEG", quality=90)
    return buffer.getvalue()


@pytest.fixture
def owner(client: Client) -> uuid.UUID:
    """The visitor whose browser `client` is."""
    session = client.session
    owner = uuid.uuid4()
    session["owner"] = str(owner)
    session.save()
    return owner


@cache
def look_at(data: bytes) -> Assessment:
    """An assessment of these bytes with some verdict; to draw it takes longer than most tests."""
    image = open_image(data)
    file = FileFacts("", len(data), image.format, *image.rgb.size, image.sha256)
    return Assessment(
        replace(make_verdict(), file=file),
        make_preview(image.rgb),
        make_error_levels(image.rgb),
        make_thumbnail(image.rgb),
        hash_likeness(image.rgb),
    )


@pytest.fixture
def make_upload(jpeg: bytes, owner: uuid.UUID) -> Callable[..., Upload]:
    """Save a row with a real preview; the result is whatever verdict the test wants to see."""

    def make(
        verdict: Verdict | None = None,
        *,
        owner: uuid.UUID = owner,
        filename: str = "beach.jpg",
    ) -> Upload:
        plain = look_at(jpeg)
        seen = replace(verdict or make_verdict(), file=plain.file)
        assessment = replace(plain, verdict=seen)
        # A scope of its own: the same bytes have one analysis in each.
        analysis = Analysis(sha256=plain.file.sha256, scope=uuid.uuid4(), size=len(jpeg))
        analysis.keep_pictures(assessment)
        analysis.succeed(assessment)
        analysis.save()
        return Upload.objects.create(owner=owner, filename=filename, analysis=analysis)

    return make


@pytest.fixture
def desk(
    make_upload: Callable[..., Upload],
    verdict: Callable[..., Verdict],
    settings: Settings,
    tmp_path: Path,
) -> Desk:
    """Every page of a visitor, and whether it is of a result, a batch, a link or a comparison."""
    settings.FINETUNED_DIR = tmp_path
    return furnish(make_upload, verdict, tmp_path)


@pytest.fixture
def verdict() -> Callable[..., Verdict]:
    return make_verdict


def make_verdict(
    label: Label = "ai",
    score: float | None = 0.93,
    *,
    methods: dict[str, dict] | None = None,
    **given: Any,
) -> Verdict:
    """A verdict with one result for every method of the table; `methods` sets those that matter."""
    findings = (Finding("blind.blank"),)
    plain = {"status": "ok", "score": score, "role": "counts", "weight": 1.0, "findings": findings}
    results = tuple(
        MethodResult(key, spec.number, spec.name, **(plain | (methods or {}).get(key, {})))
        for key, spec in METHODS.items()
    )
    agreement = Agreement(ai=len(results), real=0, uncertain=0, text="All lean the same way.")
    outcome = {"ai": "ai", "real": "no_sign", "uncertain": "uncertain"}[label]
    whole = {"outcome": outcome, "label": label, "score": score, "version": "1+a"}
    whole |= {"reason": "Because of the noise."}
    bounds = Thresholds(0.23, 0.81)
    return Verdict(
        thresholds=bounds,
        agreement=agreement,
        methods=results,
        **(whole | given),
    )
