"""Says what an installation has, what it lacks, what it would trust, and what to do about it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.management.base import CommandError

from detector.management.base import DetectorCommand

if TYPE_CHECKING:
    from detector.management.diagnosis import Finding


# By the names of the levels.
STYLES = {"OK": "SUCCESS", "NOTE": "HTTP_INFO", "WARNING": "WARNING", "FAULT": "ERROR"}


class Command(DetectorCommand):
    help = (
        "Tell in one line each what is installed, missing, damaged or trusted, with the remedy. "
        "The exit status is 1 if something does not work."
    )
    requires_system_checks: list[str] = []  # what they say is part of the answer

    def handle(self, **options: Any) -> None:
        # Not at the top: manage.py imports the command before the models can be.
        from detector.management.diagnosis import PARTS, Level

        faults = 0
        for part, diagnose in PARTS.items():
            self.stdout.write(self.style.MIGRATE_HEADING(part))
            for finding in diagnose():
                self.stdout.write(f"  {self._mark(finding)} {finding}")
                faults += finding.level is Level.FAULT
        if faults:
            raise CommandError(f"Number of faults: {faults}. Their remedies stand above.")

    def _mark(self, finding: Finding) -> str:
        style: Any = getattr(self.style, STYLES[finding.level.name])
        return str(style(f"{finding.level.value:7}"))
