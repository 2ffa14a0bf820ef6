"""The work of `AutoImageProcessor`, from the same preprocessor_config.json, without torch.

Covers the image processors of ViT, DeiT, Swin and SigLIP checkpoints: resize, centre crop, rescale,
normalise. A configuration with `do_resize: false` and a crop keeps native resolution: such a model
sees several crops spread over the picture instead of the middle one alone.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PIL import Image

from detector.inference.pixels.heat_map import Box
from detector.inference.pixels.tiles import mirror_to, tile_positions

from .processor import Processor

MAX_CROPS = 9
Batch = npt.NDArray[np.float32]


def preprocess(rgb: Image.Image, processor: Processor) -> Batch:
    """A batch of shape (n, 3, height, width): one view, or several native-resolution crops."""
    if processor.keeps_resolution and processor.crop:
        views = _native_crops(rgb, processor.crop[0])
    else:
        views = np.asarray(_resize_and_crop(rgb, processor))[None]
    values = views.astype(np.float32)
    values *= processor.factor
    values -= np.array(processor.mean, np.float32)
    values /= np.array(processor.std, np.float32)
    return np.ascontiguousarray(values.transpose(0, 3, 1, 2))


def place_of_view(width: int, height: int, processor: Processor) -> Box | None:
    """The part of a picture that the one view of it shows; None where there are several crops."""
    if processor.keeps_resolution:
        return None
    if processor.crop is None:
        return Box(0, 0, 1, 1)
    enlarged = (processor.shortest_edge or 0) / min(width, height)
    resized = processor.size or (height * enlarged, width * enlarged)
    down, across = (cut / side for cut, side in zip(processor.crop, resized, strict=True))
    return Box((1 - down) / 2, (1 - across) / 2, down, across)


def _native_crops(rgb: Image.Image, size: int) -> npt.NDArray[np.uint8]:
    """As `cut_tiles`, without an array of the whole picture."""
    places = tile_positions(rgb.height, rgb.width, size, MAX_CROPS)
    boxes = (
        (left, top, min(left + size, rgb.width), min(top + size, rgb.height))
        for top, left in places
    )
    return np.stack([mirror_to(np.asarray(rgb.crop(box)), size) for box in boxes])


def _resize_and_crop(rgb: Image.Image, processor: Processor) -> Image.Image:
    if processor.shortest_edge:
        return _crop_of_shortest_edge(rgb, processor)
    height, width = processor.size or rgb.size[::-1]
    scaled_picture = rgb.resize((width, height), processor.resample)
    if not processor.crop:
        return scaled_picture
    height, width = processor.crop
    left, top = (scaled_picture.width - width) // 2, (scaled_picture.height - height) // 2
    return scaled_picture.crop((left, top, left + width, top + height))


def _crop_of_shortest_edge(rgb: Image.Image, processor: Processor) -> Image.Image:
    """The middle of the picture whose shorter side is `shortest_edge`, without the rest.

    Resizing a picture of 64 x 1,000,000 pixels as a whole would take all memory.
    """
    height, width = processor.crop or (0, 0)
    factor = (processor.shortest_edge or 0) / min(rgb.size)
    resized_width, resized_height = round(rgb.width * factor), round(rgb.height * factor)
    left, top = (resized_width - width) // 2, (resized_height - height) // 2
    across, down = rgb.width / resized_width, rgb.height / resized_height
    box = (left * across, top * down, (left + width) * across, (top + height) * down)
    return rgb.resize((width, height), processor.resample, box=box)
