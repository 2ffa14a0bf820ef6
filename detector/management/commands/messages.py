"""Collect the texts that are translated, and compile their translations."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import CommandError, call_command

from detector.inference.wording.language import CUSTOMS, DOMAIN, ENGLISH, LOCALE
from detector.management.base import DetectorCommand
from detector.management.catalogue import write_template

# A line that changes with every run.
MOMENT = '"POT-Creation-Date:'
TOOLS = ("msgmerge", "msgfmt", "xgettext")
# Below these folders there is nothing to translate.
IGNORED = (".*", "tests", "locks", "docs", "static", "genimage_data", "hf_finetuned_models")


class Command(DetectorCommand):
    help = (
        "Collect the texts of pages and sentences into detector/locale/*/LC_MESSAGES/*.po, where "
        "they are translated, and compile these into the .mo files that the server reads. "
        "Needs GNU gettext."
    )

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument(
            "--compile", action="store_true", help="Only compile the .po files as they are."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if missing := [tool for tool in TOOLS if not shutil.which(tool)]:
            raise CommandError(f"{missing[0]} is not installed; it is a part of GNU gettext.")
        languages = [language for language in CUSTOMS if language != ENGLISH]
        if not options["compile"]:
            collect_sentences(languages)
            collect_pages(languages)
        for language in languages:
            for file in sorted(_folder(language).glob("*.po")):
                _run("msgfmt", "--check-format", "--output-file", file.with_suffix(".mo"), file)
                self.stdout.write(f"✓ {file.relative_to(settings.BASE_DIR)}")


def collect_sentences(languages: list[str]) -> None:
    """Bring the entries of the catalogue into the files of the languages."""
    with tempfile.TemporaryDirectory() as folder:
        template = Path(folder, f"{DOMAIN}.pot")
        template.write_text(write_template())
        for language in languages:
            _merge(template, _folder(language) / f"{DOMAIN}.po")


def collect_pages(languages: list[str]) -> None:
    """Bring the texts of templates and of Python into the files of the languages."""
    call_command(
        "makemessages",
        locale=languages,
        ignore_patterns=list(IGNORED),
        add_location="file",
        no_wrap=True,
        no_obsolete=True,
        verbosity=0,
    )
    for language in languages:
        file = _folder(language) / "django.po"
        kept = [line for line in file.read_text().splitlines(True) if not line.startswith(MOMENT)]
        file.write_text("".join(kept))


def _merge(template: Path, file: Path) -> None:
    """The entries that are gone go; a translation of an entry that has changed is "fuzzy"."""
    options = ("--quiet", "--no-wrap", "--update", "--backup=none")
    _run("msgmerge", *options, file, template)
    _run("msgattrib", "--no-obsolete", "--no-wrap", "--output-file", file, file)


def _folder(language: str) -> Path:
    return LOCALE / language / "LC_MESSAGES"


def _run(*command: str | Path) -> None:
    done = subprocess.run([*map(str, command)], capture_output=True, text=True, check=False)
    if done.returncode:
        raise CommandError(f"{command[0]} failed: {done.stderr.strip()}")
