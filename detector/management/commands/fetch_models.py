"""Downloads the public checkpoints of method 4. A running server takes them up by itself."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError

from detector.checkpoints.members import MEMBERS, Member
from detector.installation import get_runtime
from detector.management.base import DetectorCommand


class Command(DetectorCommand):
    help = (
        "Download the checkpoints of method 4 from the Hugging Face hub. Run it again to continue "
        "after an interruption."
    )
    needs = ("torch", "transformers")  # to convert what takes minutes to download
    stopped = "Stopped. What was downloaded is kept: the same command continues from here."

    def add_arguments(self, parser: ArgumentParser) -> None:
        names = [member.name for member in MEMBERS]
        parser.add_argument("--member", choices=names, nargs="+", default=names)

    def handle(self, *, member: list[str], **options: Any) -> str:
        members = [m for m in MEMBERS if m.name in member]
        missing = [m.name for m in members if not self._fetch(m)]
        if missing:
            raise CommandError(
                f"Without a checkpoint: {', '.join(missing)}. The application works without "
                "them; the page shows these members as unavailable or bundled."
            )
        return "All members have their checkpoint. A running server starts to use them."

    def _fetch(self, member: Member) -> bool:
        """Get the first checkpoint of a member that can be downloaded and loaded."""
        from detector.checkpoints.download import DownloadError, fetch
        from detector.checkpoints.sources import from_hub
        from detector.inference.methods.huggingface import UNUSABLE, Checkpoint

        runtime = get_runtime()
        for checkpoint in member.hub:
            self.stdout.write(f"{member.name}: {checkpoint.id} ({checkpoint.licence}) ...")
            try:
                folder: Path = fetch(checkpoint, runtime, settings.HUB_ENDPOINT)
                Checkpoint(from_hub(checkpoint, folder), runtime)  # it loads, and strictly
            except DownloadError as error:
                self.stdout.write(self.style.WARNING(f"  Skipped ({error})"))
            except UNUSABLE as error:
                self.stdout.write(self.style.WARNING(f"  Refused ({error})"))
            else:
                self.stdout.write(self.style.SUCCESS(f"  ✓ {folder.name}"))
                return True
        return False
