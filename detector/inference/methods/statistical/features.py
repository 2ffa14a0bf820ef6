"""Hand-made statistics of a 256 x 256 crop, as pure functions of arrays.

What each group looks at, and where the idea is from:

- radial spectra of the median residual: up-sampling leaves peaks and a wrong roll-off
  (Durall et al. 2020, "Watch your Up-Convolution"; Corvi et al. 2023);
- third-order co-occurrences of truncated residuals, the "spatial rich model"
  (Fridrich & Kodovsky 2012), also on chroma (Nataraj et al. 2019);
- mean magnitudes of the 8 x 8 DCT and blockiness by column: compression history and grids
  (Frank et al. 2020);
- noise by brightness and correlations between channels: sensors have shot noise and a Bayer
  pattern, generators do not.

What they miss: meaning. A hand with six fingers looks normal to all of them.

OpenCV and SciPy are imported where they are used: the web process asks for the state of a method
and never runs it, and would hold 32 MB for them.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt

from detector.inference.pixels.tiles import Pixels

Array = npt.NDArray[np.float32]
Profile = npt.NDArray[np.float64]

CROP = 256
SPECTRUM_BINS = 40
N_FEATURES = 885
LUMA = np.array([0.299, 0.587, 0.114], np.float32)
# The square 3 x 3 kernel of the spatial rich model, scaled like a second difference.
SQUARE = np.array([[-1, 2, -1], [2, -4, 2], [-1, 2, -1]], np.float32) / 4
# Co-occurrences count residuals truncated at +-2 steps, over runs of three neighbours.
TRUNCATION = 2
# Ranks of the quartiles among the pixels of a crop.
QUARTERS = [CROP * CROP * i // 4 for i in (1, 2, 3)]


def import_libraries() -> None:
    """Import what is used later, while others compile their networks."""
    import cv2  # noqa: F401
    from scipy import fft  # noqa: F401


def extract_features(crop: Pixels) -> Array:
    """All features of one crop as a vector, in the order of `compute_groups`.

    `crop` has shape (256, 256, 3), RGB, values 0..255; any other shape raises `ValueError`.
    """
    return look_at(crop)[0]


def look_at(crop: Pixels) -> tuple[Array, Array]:
    """The features of a crop as `extract_features`, and its `luma_spectrum` that they rest on."""
    if crop.shape != (CROP, CROP, 3):
        raise ValueError(f"A crop has shape {(CROP, CROP, 3)}, not {crop.shape}.")
    groups, spectrum = _look(crop)
    return np.concatenate(list(groups.values())), spectrum


def summarise(features: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
    """The features (885,) of a picture from those of its crops (n, 885): logarithms of their mean.

    Some features reach thousands, and a few pictures have a hundred times as much of them as most.
    """
    mean = features.mean(0, dtype=np.float64)
    return np.asarray(np.sign(mean) * np.log1p(np.abs(mean)))


def compute_groups(crop: Pixels) -> dict[str, Array]:
    """The features of one crop by group."""
    return _look(crop)[0]


def _look(crop: Pixels) -> tuple[dict[str, Array], Array]:
    rgb = crop.astype(np.float32)
    luma = rgb @ LUMA
    spectrum = log_spectrum(high_pass(luma))
    noise = square_residual(luma)
    residuals = channel_residuals(crop)
    groups = {
        "colour spectrum": channel_spectra(residuals),
        "channel correlation": channel_correlation(residuals),
        "luma spectrum": radial_profile(spectrum),
        "grid peaks": grid_peaks(spectrum),
        "noise patterns": np.concatenate(
            [
                cooccurrence(np.diff(luma, axis=1), 1.5),
                cooccurrence(luma[:, 2:] - 2 * luma[:, 1:-1] + luma[:, :-2], 2.0),
                cooccurrence(noise, 1.0),
            ]
        ),
        "chroma noise patterns": np.concatenate(
            [cooccurrence(square_residual(rgb[..., c] - luma), 0.7) for c in (2, 0)]
        ),
        "compression": np.concatenate([dct_magnitudes(luma), blockiness(luma)]),
        "colour and tone": tone(crop, luma),
        "noise by brightness": noise_by_brightness(noise, luma),
    }
    return {name: np.asarray(values, np.float32) for name, values in groups.items()}, spectrum


@cache
def feature_groups() -> dict[str, slice]:
    """The slice of each group's features in the vector of `extract_features`, by name."""
    groups, start = {}, 0
    for name, values in compute_groups(np.zeros((CROP, CROP, 3), np.uint8)).items():
        groups[name] = slice(start, start + len(values))
        start += len(values)
    return groups


@cache
def _window() -> Array:
    edge = np.hanning(CROP).astype(np.float32)
    return np.outer(edge, edge)


@cache
def _radius_bins() -> npt.NDArray[np.intp]:
    """For each frequency of a half-plane FFT its ring: 32 rings to Nyquist, then the corners."""
    vertical = np.fft.fftfreq(CROP)[:, None] * 2
    horizontal = np.fft.rfftfreq(CROP)[None, :] * 2
    rings = (np.hypot(vertical, horizontal) * 32).astype(np.intp)
    clipped: npt.NDArray[np.intp] = np.minimum(rings, SPECTRUM_BINS - 1).ravel()
    return clipped


@cache
def _ring_sizes() -> npt.NDArray[np.intp]:
    return np.maximum(np.bincount(_radius_bins(), minlength=SPECTRUM_BINS), 1)


def log_spectrum(residual: Array) -> Array:
    """log(1 + |FFT|) of a windowed (256, 256) residual; shape (256, 129)."""
    from scipy import fft

    magnitudes = np.abs(fft.rfft2(residual * _window()))
    spectrum: Array = np.log1p(magnitudes, out=magnitudes).astype(np.float32, copy=False)
    return spectrum


def luma_spectrum(crop: Pixels) -> Array:
    """The `log_spectrum` of the residual of a crop's luma."""
    return log_spectrum(high_pass(crop.astype(np.float32) @ LUMA))


def radial_profile(spectrum: Array) -> Profile:
    """Mean of a half-plane spectrum over 40 rings of equal width."""
    sums = np.bincount(_radius_bins(), spectrum.ravel(), SPECTRUM_BINS)
    profile: Profile = sums / _ring_sizes()
    return profile


def high_pass(luma: Array) -> Array:
    """A luma plane without its smooth parts."""
    import cv2

    return np.asarray(luma - cv2.GaussianBlur(luma, (0, 0), 1.0), np.float32)


def square_residual(plane: Array) -> Array:
    """A plane through the SQUARE kernel: noise and fine texture of second order."""
    import cv2

    return np.asarray(cv2.filter2D(plane, -1, SQUARE), np.float32)


def median_residual(channel: Pixels) -> Array:
    """A channel minus its 3 x 3 median: noise and fine texture without edges."""
    import cv2

    return channel.astype(np.float32) - cv2.medianBlur(channel, 3)


def channel_residuals(crop: Pixels) -> Array:
    """The median residuals of R, G and B, shape (3, height, width)."""
    return np.stack([median_residual(np.ascontiguousarray(crop[..., c])) for c in range(3)])


def channel_spectra(channels: Array) -> Profile:
    """Radial spectra of residuals (3, height, width)."""
    return np.concatenate([radial_profile(log_spectrum(channel)) for channel in channels])


def channel_correlation(channels: Array) -> Array:
    """Correlations between residuals (3, height, width) of channels (3), and deviations (3)."""
    residuals = channels.reshape(3, -1)
    spread = residuals.std(1)
    centred = (residuals - residuals.mean(1, keepdims=True)) / np.maximum(spread, 1e-3)[:, None]
    correlation = centred @ centred.T / centred.shape[1]
    return np.concatenate([correlation[np.triu_indices(3, 1)], spread])


def grid_peaks(spectrum: Array) -> Array:
    """How far the spectrum stands out at multiples of 1/2, 1/4, 1/8 and 1/16: mean and maximum.

    Up-sampling by 2 repeats the spectrum there.
    """
    import cv2

    local = spectrum - cv2.medianBlur(spectrum, 5)
    peaks: list[float] = []
    for divisor in (2, 4, 8, 16):
        at = local[:: CROP // divisor, :: CROP // divisor].ravel()[1:]  # without the mean
        peaks += [float(at.mean()), float(at.max())]
    return np.array(peaks, np.float32)


def cooccurrence(residual: Array, step: float) -> Array:
    """Square roots of the frequencies of three neighbouring quantised residuals, 125 values.

    Horizontal and vertical runs are pooled; sign and direction do not count.
    """
    base = 2 * TRUNCATION + 1
    levels = residual / step
    np.rint(levels, out=levels)
    np.clip(levels, -TRUNCATION, TRUNCATION, out=levels)
    levels += TRUNCATION
    grid = levels.astype(np.uint8)  # enough for the 125 codes, and less to move than whole words
    rows = (grid[:, :-2] * base + grid[:, 1:-1]) * base + grid[:, 2:]
    columns = (grid[:-2] * base + grid[1:-1]) * base + grid[2:]
    counts = _count(rows, base**3) + _count(columns, base**3)
    cube = (counts / counts.sum()).reshape(base, base, base)
    cube = (cube + cube[::-1, ::-1, ::-1]) / 2
    frequencies: Array = np.sqrt((cube + cube.transpose(2, 1, 0)) / 2).ravel()
    return frequencies


def _count(codes: npt.NDArray[np.uint8], kinds: int) -> Profile:
    """How often each code below `kinds` occurs."""
    import cv2

    return np.asarray(cv2.calcHist([codes], [0], None, [kinds], [0, kinds]), np.float64).ravel()


@cache
def _dct_matrix() -> Array:
    k, n = np.mgrid[:8, :8]
    matrix: Array = (np.cos((2 * n + 1) * k * np.pi / 16) * 0.5).astype(np.float32)
    matrix[0] /= np.sqrt(2)
    return matrix


def dct_magnitudes(luma: Array) -> Array:
    """log(1 + mean |coefficient|) of the 8 x 8 block DCT, 64 values."""
    blocks = luma.reshape(CROP // 8, 8, CROP // 8, 8).transpose(0, 2, 1, 3).reshape(-1, 8, 8)
    coefficients = _dct_matrix() @ blocks @ _dct_matrix().T
    magnitudes: Array = np.log1p(np.abs(coefficients).mean(0)).ravel()
    return magnitudes


def blockiness(luma: Array) -> Array:
    """Mean step between neighbouring columns by position modulo 8, relative to the mean of all."""
    steps = np.abs(np.diff(luma, axis=1)).mean(0)
    by_column = np.array([steps[i::8].mean() for i in range(8)], np.float32)
    relative: Array = by_column / (steps.mean() + 1e-6)
    return relative


def tone(crop: Pixels, luma: Array) -> Array:
    """Mean and deviation of hue, saturation, value and luma; shares of black and of white."""
    import cv2

    mean, deviation = cv2.meanStdDev(cv2.cvtColor(crop, cv2.COLOR_RGB2HSV))
    hsv = np.stack([mean[:, 0], deviation[:, 0]], 1).ravel()
    white, black = (np.count_nonzero(crop == end) / crop.size for end in (255, 0))
    ends = [white, black, luma.mean(), luma.std()]
    return np.concatenate([hsv, ends])


def noise_by_brightness(noise: Array, luma: Array) -> Profile:
    """Mean |noise| in each quarter of the pixels from dark to bright."""
    brightness = luma.ravel()
    edges = np.sort(brightness)[QUARTERS]  # faster than `np.partition` at several ranks
    quarter = np.zeros(brightness.shape, np.uint8)
    for edge in edges:
        quarter += brightness >= edge
    sums = np.bincount(quarter, np.abs(noise).ravel(), 4)
    means: Profile = sums / np.maximum(np.bincount(quarter, minlength=4), 1)
    return means
