"""Method 2: features on pictures with a known answer, and the network that weighs them."""

from __future__ import annotations

import io
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from detector.inference.images import SourceImage
from detector.inference.method import MethodUnavailable
from detector.inference.methods.neural_head import HEAD
from detector.inference.methods.statistical import STATISTICAL, Statistical
from detector.inference.methods.statistical.features import (
    CROP,
    SPECTRUM_BINS,
    blockiness,
    channel_correlation,
    channel_residuals,
    compute_groups,
    cooccurrence,
    dct_magnitudes,
    extract_features,
    feature_groups,
    grid_peaks,
    log_spectrum,
    noise_by_brightness,
    radial_profile,
    summarise,
    tone,
)
from detector.inference.runtime import Runtime
from detector.inference.verdict.calibration import Calibration
from detector.inference.weights.folder import write_digests
from detector.tests.factories.pictures import encode
from detector.tests.factories.watermarking import textured
from detector.training.learning.export import describe_pictures
from detector.training.learning.neural_head import fit_head, write_head
from detector.training.learning.statistical import measure

COUNT = 885
ROWS, COLUMNS = np.mgrid[:CROP, :CROP].astype(np.float32)


def random_crop(seed: int = 3) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (CROP, CROP, 3), dtype=np.uint8)


def in_grey(values: np.ndarray) -> np.ndarray:
    return np.repeat(values[..., None], 3, 2).astype(np.uint8)


CROPS = {
    "noise": random_crop(),
    "black": np.zeros((CROP, CROP, 3), np.uint8),
    "white": np.full((CROP, CROP, 3), 255, np.uint8),
    "gradient": in_grey(COLUMNS),
    "checkerboard": in_grey((ROWS + COLUMNS) % 2 * 255),
    "one pixel": in_grey((ROWS == 9) * (COLUMNS == 9) * 255),
}


# The vector


@pytest.mark.parametrize("kind", CROPS)
def test_every_crop_gives_finite_features(kind: str) -> None:
    features = extract_features(CROPS[kind])
    assert features.shape == (COUNT,) and features.dtype == np.float32
    assert np.isfinite(features).all()


@pytest.mark.parametrize("shape", [(255, 256, 3), (256, 256), (256, 256, 4), (512, 512, 3), (0,)])
def test_a_crop_of_another_shape_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"shape \(256, 256, 3\)"):
        extract_features(np.zeros(shape, np.uint8))


def test_groups_cover_the_vector_exactly() -> None:
    stops = [0]
    for where in feature_groups().values():
        assert where.start == stops[-1] < where.stop
        stops.append(where.stop)
    assert stops[-1] == COUNT
    features = extract_features(CROPS["noise"])
    for name, values in compute_groups(CROPS["noise"]).items():
        assert (features[feature_groups()[name]] == values).all()


def test_a_read_only_view_of_a_larger_picture_will_do() -> None:
    picture = np.random.default_rng(1).integers(0, 256, (300, 400, 3), dtype=np.uint8)
    picture.flags.writeable = False
    view = picture[20:276, 30:286]
    assert (extract_features(view) == extract_features(view.copy())).all()


# Spectra


@pytest.mark.parametrize("cycles", [16, 48, 100])
@pytest.mark.parametrize("axis", [ROWS, COLUMNS])
def test_a_pure_frequency_peaks_in_its_ring(cycles: int, axis: np.ndarray) -> None:
    wave = 50 * np.cos(2 * np.pi * cycles * axis / CROP).astype(np.float32)
    profile = radial_profile(log_spectrum(wave))
    assert profile.argmax() == cycles * 2 * 32 // CROP


def test_the_highest_diagonal_frequency_is_in_the_last_ring() -> None:
    profile = radial_profile(log_spectrum(100 * (-1.0) ** (ROWS + COLUMNS)))
    assert profile.argmax() == SPECTRUM_BINS - 1 and profile.shape == (SPECTRUM_BINS,)


def test_pixels_repeated_by_upsampling_show_as_grid_peaks() -> None:
    rng = np.random.default_rng(2)
    natural = rng.normal(0, 10, (CROP, CROP)).astype(np.float32)
    grid = natural + 8 * ((ROWS % 4 == 0) & (COLUMNS % 4 == 0))
    clean, periodic = (grid_peaks(log_spectrum(p - p.mean())) for p in (natural, grid))
    assert periodic[2] > clean[2] + 1  # the mean at multiples of a quarter
    assert clean.shape == (8,)


# Noise


def test_cooccurrence_counts_runs_of_three() -> None:
    """All residuals 0: only the run (0, 0, 0), in the middle of the cube."""
    flat = cooccurrence(np.zeros((8, 8), np.float32), 1.0).reshape(5, 5, 5)
    assert flat[2, 2, 2] == 1 and flat.sum() == 1
    truncated = cooccurrence(np.full((8, 8), 99, np.float32), 1.0).reshape(5, 5, 5)
    assert truncated[4, 4, 4] == truncated[0, 0, 0] == pytest.approx(np.sqrt(0.5))


@pytest.mark.parametrize(
    "change", [np.negative, np.transpose, np.fliplr, np.flipud, np.rot90], ids=lambda f: f.__name__
)
def test_cooccurrence_does_not_depend_on_sign_or_direction(change) -> None:
    residual = np.random.default_rng(4).normal(0, 2, (64, 48)).astype(np.float32)
    given, changed = cooccurrence(residual, 1.0), cooccurrence(change(residual), 1.0)
    np.testing.assert_allclose(changed, given, atol=1e-12)
    assert (given**2).sum() == pytest.approx(1)


def test_channels_that_carry_the_same_noise_are_correlated() -> None:
    same = channel_correlation(channel_residuals(in_grey(random_crop()[..., 0])))
    apart = channel_correlation(channel_residuals(random_crop()))
    np.testing.assert_allclose(same[:3], 1, atol=1e-3)
    np.testing.assert_allclose(apart[:3], 0, atol=0.02)
    assert same[3] == same[4] == same[5] > 0


def test_noise_is_told_apart_by_brightness() -> None:
    luma = COLUMNS.copy()
    noise = np.where(COLUMNS < 128, 1, 5).astype(np.float32)
    np.testing.assert_allclose(noise_by_brightness(noise, luma), [1, 1, 5, 5])


def test_noise_of_a_flat_crop_is_finite() -> None:
    flat = np.zeros((CROP, CROP), np.float32)
    assert noise_by_brightness(flat + 3, flat).tolist() == [0, 0, 0, 3]


# Compression


@pytest.mark.parametrize(("k", "m"), [(0, 0), (0, 1), (3, 0), (2, 5), (7, 7)])
def test_a_dct_basis_function_has_one_coefficient(k: int, m: int) -> None:
    basis = np.outer(*(np.cos((2 * np.arange(8) + 1) * i * np.pi / 16) for i in (k, m)))
    luma = np.tile(100 * basis, (CROP // 8, CROP // 8)).astype(np.float32)
    magnitudes = dct_magnitudes(luma).reshape(8, 8)
    place = np.unravel_index(magnitudes.argmax(), (8, 8))
    assert [int(number) for number in place] == [k, m]
    energy = np.linalg.norm(100 * basis)  # the transform is orthonormal
    assert magnitudes[k, m] == pytest.approx(np.log1p(energy), rel=1e-4)
    assert np.delete(magnitudes.ravel(), 8 * k + m).max() < 1e-2


def test_blocks_of_8_show_as_steps_at_their_border() -> None:
    blocks = np.random.default_rng(6).uniform(0, 255, (32, 32)).astype(np.float32)
    steps = blockiness(np.kron(blocks, np.ones((8, 8), np.float32)))
    assert steps.argmax() == 7 and steps[:7].max() == 0


def test_a_jpeg_is_blockier_than_its_original() -> None:
    smooth = 128 + 60 * np.sin(ROWS / 9) * np.cos(COLUMNS / 7)
    original = in_grey(smooth + np.random.default_rng(8).normal(0, 6, (CROP, CROP)))
    jpeg = Image.open(io.BytesIO(encode(Image.fromarray(original), "JPEG", quality=20)))
    plain, compressed = (
        blockiness(np.asarray(p)[..., 0].astype(np.float32)) for p in (original, jpeg)
    )
    assert compressed[7] > 1.3 > 1.1 > plain[7]


# Colour


def test_tone_of_a_known_colour() -> None:
    crop = np.zeros((CROP, CROP, 3), np.uint8)
    crop[:128] = (255, 0, 0)
    luma = crop.astype(np.float32) @ np.array([0.299, 0.587, 0.114], np.float32)
    features = tone(crop, luma)
    assert features[6] == pytest.approx(1 / 6) and features[7] == pytest.approx(5 / 6)
    assert features[8] == pytest.approx(0.299 * 255 / 2, rel=1e-4)
    assert features[4] == features[5] == 127.5  # value: half of it 255, half 0


# The network


def test_a_picture_is_summarised_by_the_logarithms_of_its_means() -> None:
    features = np.zeros((2, COUNT), np.float32)
    features[:, 0], features[:, 1], features[0, 2] = 10_000, -1, 8
    summary = summarise(features)
    assert summary.shape == (COUNT,)
    assert summary[:4] == pytest.approx([np.log(10_001), -np.log(2), np.log(5), 0])


def test_training_measures_a_picture_as_the_method_does() -> None:
    pixels = textured(4, 700, 520)
    seen: dict[str, np.ndarray] = {}

    def log_odds(features: np.ndarray) -> np.ndarray:
        seen["features"] = features[0]
        return np.zeros(1)

    network = SimpleNamespace(log_odds=log_odds, attributions=np.zeros_like)
    runtime = Runtime(Path(), Path(), force_cpu=True)
    Statistical(runtime).judge({STATISTICAL: network}, {STATISTICAL: Calibration()}, pixels)  # type: ignore[dict-item]
    np.testing.assert_allclose(measure(pixels), seen["features"], atol=1e-6)


def test_a_network_for_other_features_is_refused(tmp_path: Path) -> None:
    labels, sources = np.arange(8) % 2, np.arange(8).astype(str)
    head = fit_head(np.random.default_rng(0).normal(size=(8, 5)), labels, sources, sizes=[5])
    write_head(head, tmp_path / STATISTICAL, (), describe_pictures([], {}, 0))
    with pytest.raises(ValueError, match="statistical reads 5 features; accepted are 885"):
        Statistical(Runtime(tmp_path, tmp_path)).read_model(tmp_path / STATISTICAL)


@pytest.mark.parametrize("damage", ["no network", "damaged network", "no calibration"])
def test_damaged_weights_make_the_method_unavailable(tmp_path: Path, damage: str) -> None:
    folder = tmp_path / "statistical"
    folder.mkdir()
    if damage != "no calibration":
        Calibration().write(folder)
    if damage != "no network":
        (folder / HEAD).write_bytes(b"PK\3\4 damaged")
    write_digests(folder)
    method = Statistical(Runtime(tmp_path, tmp_path, weights_dir=tmp_path))
    image = SourceImage(b"", "PNG", Image.fromarray(random_crop()), "")
    with pytest.raises(MethodUnavailable) as caught:
        method.predict(image)
    assert str(tmp_path) not in str(caught.value) and str(caught.value).endswith(".")
