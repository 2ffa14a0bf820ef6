"""The settings in a checkpoint's preprocessor_config.json, as far as this project follows them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from detector.inference.weights.ranges import Fields, read_fields

FILENAME = "preprocessor_config.json"
# Pixels a side. Public classifiers go up to 512; every further pixel costs memory.
MAX_SIDE = 1024
HIGHEST_VALUE = 255
LEAST_SPREAD = 0.001

Size = tuple[int, int]


@dataclass(frozen=True)
class Processor:
    """How a picture becomes the input of a network.

    `size` (height, width) is what it is resized to and `shortest_edge` its shorter side, whichever
    is not None; with neither it keeps its resolution. `crop` (height, width) is cut out afterwards.
    Values 0..255 are then multiplied by `factor`, and `mean` is taken off and `std` divided by, a
    number for each of R, G and B.
    """

    size: Size | None
    shortest_edge: int | None
    crop: Size | None
    resample: Image.Resampling
    factor: float
    mean: tuple[float, ...]
    std: tuple[float, ...]

    @property
    def keeps_resolution(self) -> bool:
        """Whether the network sees crops at native resolution."""
        return self.size is None and self.shortest_edge is None

    @classmethod
    def read(cls, folder: Path) -> Processor:
        """The processor of a folder. Raises `OSError`, or `ValueError` for values out of range."""
        return cls.of(read_fields(folder / FILENAME))

    @classmethod
    def of(cls, fields: Fields) -> Processor:
        """From the fields of the file. Raises `ValueError`."""
        size, shortest_edge = _resizing(fields)
        crop = _size(fields, "crop_size") if fields.flag("do_center_crop", False) else None
        _check_crop(fields, size, shortest_edge, crop)
        mean: tuple[float, ...] = (0.0,) * 3
        std: tuple[float, ...] = (1.0,) * 3
        if fields.flag("do_normalize", True):
            mean = fields.numbers("image_mean", 3, -HIGHEST_VALUE, HIGHEST_VALUE)
            std = fields.numbers("image_std", 3, LEAST_SPREAD, HIGHEST_VALUE)
        rescales = fields.flag("do_rescale", True)
        factor = fields.number("rescale_factor", 1e-6, 1, 1 / 255) if rescales else 1.0
        resample = fields.whole("resample", 0, 5, Image.Resampling.BILINEAR)
        return cls(size, shortest_edge, crop, Image.Resampling(resample), factor, mean, std)


def _resizing(fields: Fields) -> tuple[Size | None, int | None]:
    if not fields.flag("do_resize", True):
        return None, None
    size = fields.values.get("size")
    if isinstance(size, dict) and "shortest_edge" in size:
        return None, fields.fields("size").whole("shortest_edge", 1, MAX_SIDE)
    return ((224, 224) if size is None else _size(fields, "size")), None


def _size(fields: Fields, name: str) -> Size:
    """Height and width, which may be one number."""
    size = fields.values.get(name)
    if isinstance(size, dict):
        sides = fields.fields(name)
        if not {"height", "width"} <= size.keys():
            raise fields.out_of_range(name, "a number, height and width, or shortest_edge")
        return sides.whole("height", 1, MAX_SIDE), sides.whole("width", 1, MAX_SIDE)
    side = fields.whole(name, 1, MAX_SIDE)
    return side, side


def _check_crop(
    fields: Fields, size: Size | None, shortest_edge: int | None, crop: Size | None
) -> None:
    """Raises `ValueError` if a crop is missing, or larger than the picture that it is cut from."""
    if crop is None:
        if size is None:
            raise fields.out_of_range("do_center_crop", "true, where no fixed size is resized to")
        return
    if size is None and shortest_edge is None:
        if crop[0] != crop[1]:
            raise fields.out_of_range("crop_size", "squares, where the resolution is kept")
        return
    height, width = size or (shortest_edge or 0,) * 2
    if crop[0] > height or crop[1] > width:
        raise fields.out_of_range("crop_size", f"at most the resized {height} x {width} pixels")
