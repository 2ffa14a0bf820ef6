"""The names of the conditions under which accuracy is measured."""

from __future__ import annotations

CLEAN = "clean"
JPEG_95, JPEG_90, JPEG_85, JPEG_70 = "JPEG 95", "JPEG 90", "JPEG 85", "JPEG 70"
JPEG_50, JPEG_30 = "JPEG 50", "JPEG 30"
WEBP_80, WEBP_50 = "WebP 80", "WebP 50"
HALF_SIZE, HALF_SIZE_JPEG_70 = "half size", "half size + JPEG 70"
BLUR, SCREENSHOT, SAME_SIZE = "blur", "screenshot chain", "same size"

# Without --robustness: the files as they are, and the mildest step that both classes share.
USUAL = (CLEAN, JPEG_95)
EXPLANATIONS = {
    CLEAN: "the file as it is, with its metadata",
    HALF_SIZE: "half the width and height, then JPEG 95",
    BLUR: "a Gaussian blur with a standard deviation of one pixel, then JPEG 95",
    SCREENSHOT: "shown as large as fits on a screen of 1080 x 2400 pixels, by a bilinear "
    "filter, with a margin that shifts the grid of JPEG blocks; PNG, then JPEG 75 as a messenger "
    "makes it",
    SAME_SIZE: "the largest square around the centre at 640 x 640 pixels, then JPEG 85, so that "
    "neither the size nor the shape of a picture tells its class",
}
