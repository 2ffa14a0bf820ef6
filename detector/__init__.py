"""AI Image Detector: was this picture made by an AI?"""

__version__ = "0.1.0"
