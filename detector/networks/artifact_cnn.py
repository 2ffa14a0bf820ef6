"""ArtifactCNN: a small network on noise residuals, trained from scratch.

A fixed bank of high-pass filters on luma, and its ten isotropic and edge filters on the chroma
difference R - G, remove what the picture shows; truncation (Fridrich & Kodovsky 2012) keeps edges
from drowning the noise. The first layers do not down-sample (Boroumand et al. 2019, SRNet), and
pooling is by mean and standard deviation, so that a texture counts wherever it stands. Fully
convolutional: any size from 64 pixels up.

What it misses: generators unlike those in training; traces that JPEG or down-scaling removed.
"""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional

from .srm import srm_filters

LUMA = (0.299, 0.587, 0.114)
TRUNCATION = 2.0
CHROMA_FILTERS = 10


def residual_filters() -> torch.Tensor:
    """Filters (40, 3, 5, 5) from RGB: the whole bank on luma, its last ten on R - G."""
    bank = srm_filters()
    luma = bank * torch.tensor(LUMA)[None, :, None, None]
    chroma = bank[-CHROMA_FILTERS:] * torch.tensor([1.0, -1.0, 0.0])[None, :, None, None]
    return torch.cat([luma, chroma])


class Residuals(nn.Module):
    """RGB (n, 3, h, w), 0..255 -> truncated residuals of luma and of R - G, (n, 40, h, w)."""

    filters: torch.Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("filters", residual_filters())

    def forward(self, rgb: torch.Tensor) -> torch.Tensor:
        padded = functional.pad(rgb, (2, 2, 2, 2), "reflect")
        residuals = functional.conv2d(padded, self.filters)
        return residuals.clamp(-TRUNCATION, TRUNCATION)


def block(inputs: int, outputs: int, *, pool: bool) -> nn.Sequential:
    """3 x 3 convolution, batch norm, ReLU; average pooling by 2 if `pool`."""
    layers: list[nn.Module] = [
        nn.Conv2d(inputs, outputs, 3, padding=1, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(inplace=True),
    ]
    return nn.Sequential(*layers, *([nn.AvgPool2d(2)] if pool else []))


class ArtifactCNN(nn.Module):
    """RGB (n, 3, h, w), values 0..255 -> log-odds of AI, shape (n,)."""

    def __init__(self, width: int = 16) -> None:
        super().__init__()
        self.width = width
        self.residuals = Residuals()
        # Few channels where the maps are large: there the time goes.
        self.blocks = nn.Sequential(
            block(30 + CHROMA_FILTERS, width, pool=False),
            block(width, width, pool=True),
            block(width, width * 2, pool=False),
            block(width * 2, width * 2, pool=True),
            block(width * 2, width * 4, pool=False),
            block(width * 4, width * 6, pool=True),
            block(width * 6, width * 8, pool=False),
            block(width * 8, width * 12, pool=False),
        )
        self.dropout = nn.Dropout(0.2)
        self.head = nn.Linear(width * 24, 1)

    def maps(self, rgb: torch.Tensor) -> torch.Tensor:
        """RGB (n, 3, h, w) -> what the last block sees, (n, 12 * width, h / 8, w / 8)."""
        # The residuals need full precision: half a grey level matters, and bf16 has 8 bits.
        with torch.autocast(rgb.device.type, enabled=False), torch.no_grad():
            residuals = self.residuals(rgb.float())
        maps: torch.Tensor = self.blocks(residuals.contiguous(memory_format=torch.channels_last))
        return maps.float()

    def forward(self, rgb: torch.Tensor) -> torch.Tensor:
        logits: torch.Tensor = self.head(self.dropout(pool(self.maps(rgb))))
        return logits.squeeze(1)


def pool(maps: torch.Tensor) -> torch.Tensor:
    """Mean and standard deviation of each map: (n, c, h, w) -> (n, 2 c)."""
    spread = maps.var((2, 3), correction=0).add(1e-6).sqrt()
    return torch.cat([maps.mean((2, 3)), spread], 1)
