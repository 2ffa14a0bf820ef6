"""Static files under names with a digest, compressed, so that browsers may keep them for ever."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:  # whitenoise has no types; its storage is one of Django's with a compressor
    from django.contrib.staticfiles.storage import ManifestStaticFilesStorage as Storage
else:
    from whitenoise.storage import CompressedManifestStaticFilesStorage as Storage


class HashedNames(Storage):
    """As its base; before `collectstatic`, as in tests, files have their plain names."""

    manifest_strict = False

    def stored_name(self, name: str) -> str:
        try:
            return super().stored_name(name)
        except ValueError:
            return name
