"""What tests make, small and real. Every one of them may save HEIF, whichever is imported first."""

import pillow_heif

pillow_heif.register_heif_opener()
