"""Who calls the API: a token, a script of the same machine, or anybody where that is allowed."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from django.conf import settings
from django.http import HttpRequest
from ninja.security.base import AuthBase

from detector.models import ApiToken, Scope
from detector.models.api_token import digest
from detector.services.senders import sender
from detector.web.visitors import find_address, is_from_here, network_of

from .limits import count
from .problems import Problem

# The owners of what comes without a token: from this machine, and from elsewhere. Strangers see
# nothing of one another: whoever has the address of a result may see it, and nothing is listed.
LOCAL, STRANGERS = uuid.UUID(int=1), uuid.UUID(int=2)
CHALLENGE = {"WWW-Authenticate": 'Bearer realm="AI Image Detector"'}


@dataclass(frozen=True)
class Caller:
    """Whose uploads are made and seen."""

    owner: uuid.UUID
    address: str
    token: ApiToken | None = None

    @property
    def is_stranger(self) -> bool:
        return self.owner == STRANGERS

    @property
    def scope(self) -> uuid.UUID:
        """Whose results answer: strangers have none in common, since times tell tales."""
        return uuid.uuid4() if self.is_stranger else self.owner

    @property
    def key_scope(self) -> uuid.UUID:
        """Whose Idempotency-Keys are the same: of strangers, those of one address."""
        return uuid.uuid5(self.owner, self.address) if self.is_stranger else self.owner


def identify(request: HttpRequest, *, writes: bool) -> Caller:
    """Raises `Problem`: 401 for nobody who is known, 403 for too little a scope, 429."""
    address = network_of(find_address(request))
    count("address", address, settings.API_ADDRESS_RATE)
    token = _find_token(request)
    if token is None:
        return Caller(_admit(request), address)
    count("token", str(token.pk), settings.API_TOKEN_RATE)
    sender.set(token.owner)
    if writes and token.scope != Scope.WRITE:
        raise Problem(403, f"The token '{token.name}' may only read (--scope read).")
    return Caller(token.owner, address, token)


def _find_token(request: HttpRequest) -> ApiToken | None:
    """The token that the request names; None without one. Raises `Problem` for an unknown one."""
    header = request.headers.get("Authorization")
    if header is None:
        return None
    kind, _, value = header.partition(" ")
    token = ApiToken.objects.filter(digest=digest(value.strip())).first()
    if kind.lower() != "bearer" or token is None:
        raise Problem(401, "This token is not known here, or was revoked.", headers=CHALLENGE)
    return token


def _admit(request: HttpRequest) -> uuid.UUID:
    """The owner of what comes without a token."""
    if is_from_here(request):
        return LOCAL
    if settings.API_OPEN:
        return STRANGERS
    said = "From elsewhere the API needs a token: `Authorization: Bearer ...`."
    raise Problem(401, said, headers=CHALLENGE)


class Token(AuthBase):
    """Sets `request.auth` to the `Caller`."""

    openapi_type = "http"
    openapi_scheme = "bearer"

    def __init__(self, *, writes: bool = False) -> None:
        self._writes = writes
        super().__init__()

    def __call__(self, request: HttpRequest) -> Caller:
        return identify(request, writes=self._writes)


class Anybody(AuthBase):
    """For what is no secret: only the number of requests is limited."""

    openapi_type = "http"
    openapi_scheme = "bearer"

    def __call__(self, request: HttpRequest) -> bool:
        count("address", network_of(find_address(request)), settings.API_ADDRESS_RATE)
        return True


def get_caller(request: HttpRequest) -> Caller:
    caller = getattr(request, "auth", None)
    if not isinstance(caller, Caller):
        raise TypeError("The operation has no `Token` as its `auth`.")
    return caller
