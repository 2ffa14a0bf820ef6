"""The one way of every picture: submitted, run by whoever takes it from the queue, found again.

Page, API, commands and workers use these functions and no others.
"""

from .leases import claim, claim_next, give_back_all, reap, renew
from .running import run
from .submitting import find, submit, wait, withdraw

__all__ = [
    "claim",
    "claim_next",
    "find",
    "give_back_all",
    "reap",
    "renew",
    "run",
    "submit",
    "wait",
    "withdraw",
]
