"""Pictures drawn for fine-tuning."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image


def draw(path: Path, rng: np.random.Generator, *, ai: bool, side: int = 64) -> None:
    """Noise around a grey level; the AI ones are brighter, which a transformer learns at once."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = rng.normal(170 if ai else 90, 25, (side, side, 3)).clip(0, 255).astype(np.uint8)
    Image.fromarray(pixels).save(path, quality=95)
