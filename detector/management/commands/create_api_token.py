"""Makes a token of the API, shows it once, and revokes or lists those that there are."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from detector.management.base import DetectorCommand


class Command(DetectorCommand):
    help = (
        "Make a token of the API. It is shown this once, with the secret that signs its webhooks. "
        "--revoke ends one, --list names all."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", nargs="?", help="whose token it is, in up to 100 letters")
        parser.add_argument("--scope", choices=("read", "write"), help="default: write")
        parser.add_argument("--revoke", metavar="NAME", help="end the token of this name")
        parser.add_argument("--list", action="store_true", help="name all tokens")

    def handle(
        self, *, name: str | None, scope: str | None, revoke: str | None, **options: Any
    ) -> str:
        wishes = [wish for wish in (name, revoke, options["list"]) if wish]
        if len(wishes) != 1 or (scope and not name):
            said = "Give the NAME of a new token (and its --scope), or --revoke NAME, or --list."
            raise CommandError(said)
        if name:
            return _make(name, scope or "write")
        return _revoke(revoke) if revoke else _list()


def _make(name: str, scope: str) -> str:
    from detector.models import ApiToken

    if not (name.strip() and name.isprintable() and len(name) <= 100):
        raise CommandError(f"The name is {name[:100]!r}; accepted are 1 to 100 printable letters.")
    if ApiToken.objects.filter(name=name).exists():
        raise CommandError(f"There is a token {name!r} already; --revoke ends it.")
    row = ApiToken(name=name, scope=scope)
    token = row.renew()
    row.save()
    return f"token: {token}\nwebhook secret: {row.webhook_secret}\nNeither is shown again."


def _revoke(name: str) -> str:
    from detector.models import ApiToken

    gone, _ = ApiToken.objects.filter(name=name).delete()
    if not gone:
        raise CommandError(f"There is no token {name[:100]!r}; --list names those that there are.")
    return f"The token {name!r} is accepted no more. Its results expire as all others do."


def _list() -> str:
    from detector.models import ApiToken

    rows = ApiToken.objects.all()
    lines = [f"{row.created_at:%Y-%m-%d %H:%M}  {row.scope:5}  {row.name}" for row in rows]
    return "\n".join(lines) or "There is no token."
