"""The one way of every picture: submitted, run by whoever takes it from the queue, found again.

Page, API, commands and workers use these functions and no others.
"""

from .comparing import Source, claim_comparison, run_comparison, submit_comparison
from .describing import describe_batch, describe_detection
from .leases import claim, claim_next, give_back_all, reap, renew
from .running import run
from .submitting import find, submit, wait, withdraw
from .webhooks import ask_for_message

__all__ = [
    "Source",
    "ask_for_message",
    "claim",
    "claim_comparison",
    "claim_next",
    "describe_batch",
    "describe_detection",
    "find",
    "give_back_all",
    "reap",
    "renew",
    "run",
    "run_comparison",
    "submit",
    "submit_comparison",
    "wait",
    "withdraw",
]
