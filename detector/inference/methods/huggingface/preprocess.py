"""What `AutoImageProcessor` does, from the same preprocessor_config.json, without torch.

Covers the image processors of ViT, DeiT, Swin and SigLIP checkpoints: resize, centre crop, rescale,
normalise. A configuration with `do_resize: false` and a crop keeps native resolution: such a model
sees several crops spread over the picture instead of the middle one alone. One with `native_crops`,
a key of this project, sees the middle square scaled down and that many such crops beside it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from detector.inference.tiles import cut_tiles, whole_and_crops

MAX_CROPS = 9
Batch = npt.NDArray[np.float32]


def preprocess(rgb: Image.Image, config: dict[str, Any]) -> Batch:
    """A batch of shape (n, 3, height, width): one view, or several native-resolution crops.

    Raises `ValueError` if the configuration is not one that this code covers.
    """
    if config.get("native_crops"):
        views = whole_and_crops(np.asarray(rgb), _crop_side(config), config["native_crops"])
    elif keeps_resolution(config):
        views = cut_tiles(np.asarray(rgb), _crop_side(config), MAX_CROPS)
    else:
        views = np.asarray(_resize_and_crop(rgb, config))[None]
    return _normalise(views, config)


def keeps_resolution(config: dict[str, Any]) -> bool:
    """Whether such a model sees crops at native resolution."""
    return not config.get("do_resize", True) and bool(config.get("do_center_crop"))


def _crop_side(config: dict[str, Any]) -> int:
    height, width = height_width(config["crop_size"])
    if height != width:
        raise ValueError(f"crop_size is {config['crop_size']}; accepted are square crops")
    return height


def _resize_and_crop(rgb: Image.Image, config: dict[str, Any]) -> Image.Image:
    size = config.get("size", 224)
    resample = Image.Resampling(config.get("resample", Image.Resampling.BILINEAR))
    if not config.get("do_resize", True):
        raise ValueError("it neither resizes nor crops; accepted is a processor that does")
    if isinstance(size, dict) and "shortest_edge" in size:
        return _crop_of_shortest_edge(rgb, config, resample)
    height, width = height_width(size)
    resized = rgb.resize((width, height), resample)
    if not config.get("do_center_crop"):
        return resized
    height, width = height_width(config["crop_size"])
    left, top = (resized.width - width) // 2, (resized.height - height) // 2
    return resized.crop((left, top, left + width, top + height))


def _crop_of_shortest_edge(
    rgb: Image.Image, config: dict[str, Any], resample: Image.Resampling
) -> Image.Image:
    """The middle of the picture whose shorter side is `shortest_edge`, without the rest.

    Resizing a picture of 64 x 1,000,000 pixels as a whole would take all memory.
    """
    if not config.get("do_center_crop"):
        raise ValueError("it has shortest_edge without a centre crop; accepted is a fixed size")
    height, width = height_width(config["crop_size"])
    factor = config["size"]["shortest_edge"] / min(rgb.size)
    resized_width, resized_height = round(rgb.width * factor), round(rgb.height * factor)
    left, top = (resized_width - width) // 2, (resized_height - height) // 2
    if left < 0 or top < 0:
        raise ValueError("its centre crop is larger than its resized picture")
    across, down = rgb.width / resized_width, rgb.height / resized_height
    box = (left * across, top * down, (left + width) * across, (top + height) * down)
    return rgb.resize((width, height), resample, box=box)


def height_width(size: Any) -> tuple[int, int]:
    """The sides that `size` of a processor asks for. Raises `ValueError` for other forms."""
    if isinstance(size, int):
        return size, size
    if isinstance(size, dict) and {"height", "width"} <= size.keys():
        return size["height"], size["width"]
    raise ValueError(f"size is {size!r}; accepted are a number, height and width, shortest_edge")


def _normalise(views: npt.NDArray[np.uint8], config: dict[str, Any]) -> Batch:
    values = views.astype(np.float32)
    if config.get("do_rescale", True):
        values *= config.get("rescale_factor", 1 / 255)
    if config.get("do_normalize", True):
        values -= np.array(config["image_mean"], np.float32)
        values /= np.array(config["image_std"], np.float32)
    return np.ascontiguousarray(values.transpose(0, 3, 1, 2))
