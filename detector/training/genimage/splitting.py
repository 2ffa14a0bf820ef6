"""Shares pictures out to train, val and test: classes exact, sources alike, duplicates together."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from .splits import SPLITS

TRAIN, VAL, TEST = range(3)
LABEL_NAMES = ("real", "AI")


@dataclass(frozen=True)
class Ratios:
    """Shares of val and test, 0..1; the rest is train. Raises `ValueError` for other values."""

    val: float
    test: float

    def __post_init__(self) -> None:
        for name, value in (("val", self.val), ("test", self.test)):
            if not 0 <= value < 1:
                raise ValueError(f"--{name}-split is {value}; accepted are 0 up to below 1.")
        if self.val + self.test >= 1:
            raise ValueError(
                f"--val-split {self.val} and --test-split {self.test} leave nothing to train on; "
                "accepted are two that sum to less than 1."
            )

    @property
    def filled(self) -> list[int]:
        """The splits that are to have pictures."""
        return [TRAIN, *([VAL] if self.val else []), *([TEST] if self.test else [])]


@dataclass
class _State:
    """`split` of each group (-1: none yet) and how many pictures are still wanted.

    `members` (groups, 2) are the pictures of each class; `wanted` (3, 2) is by split and class,
    `need` (3, strata) by split and stratum, `ideal` what it was at first. `filled` are the splits
    that are to have pictures at all.
    """

    members: np.ndarray
    wanted: np.ndarray
    need: np.ndarray
    filled: list[int]
    split: np.ndarray = field(init=False)
    ideal: np.ndarray = field(init=False)

    def __post_init__(self) -> None:
        self.split = np.full(len(self.members), -1, np.int8)
        self.ideal = np.maximum(self.need, 1e-9)
        self.need = self.need.copy()

    def put(self, group: int, strata: np.ndarray, split: int) -> None:
        """Put a group, whose pictures are of `strata`, into a split."""
        self.split[group] = split
        self.wanted[split] -= self.members[group]
        np.subtract.at(self.need[split], strata, 1)


def split_pictures(
    labels: np.ndarray,
    strata: np.ndarray,
    groups: np.ndarray,
    held_out: np.ndarray,
    ratios: Ratios,
    seed: int,
) -> np.ndarray:
    """The split of each picture, as a position in SPLITS, shape (n,).

    `labels` (0, 1), `strata` (class and source, counted from 0), `groups` of duplicates (counted
    from 0) and `held_out` (bool: for test alone) all have shape (n,). Groups are never divided;
    those with a picture that is held out go to test. Raises `ValueError` if a split would lack
    a class.
    """
    rng = np.random.default_rng(seed)
    shape = int(groups.max()) + 1, 2
    members = np.bincount(groups * 2 + labels, minlength=shape[0] * 2).reshape(shape)
    is_held_out = np.bincount(groups, held_out, shape[0]) > 0
    quotas = _quotas(members, is_held_out, ratios)
    need = _by_stratum(quotas, labels, strata)
    state = _State(members, quotas, need, ratios.filled)
    _place_groups(state, strata, groups, is_held_out, rng)
    _place_singles(state, labels, strata, groups, rng)
    _fill_empty(state, is_held_out)
    return np.asarray(state.split[groups])


def _quotas(members: np.ndarray, is_held_out: np.ndarray, ratios: Ratios) -> np.ndarray:
    """How many pictures each split gets of each class, shape (3, 2)."""
    quotas = np.zeros((3, 2), np.int64)
    for label, (n, reserved) in enumerate(
        zip(members.sum(0), members[is_held_out].sum(0), strict=True)
    ):
        test = max(round(n * ratios.test), min(ratios.test > 0, n))
        val = max(round(n * ratios.val), min(ratios.val > 0, n))
        if reserved > test:  # the remaining pictures are shared out as if test had taken its part
            test, val = reserved, round((n - reserved) * ratios.val / (1 - ratios.test))
        quotas[:, label] = n - val - test, val, test
    return quotas


def _by_stratum(quotas: np.ndarray, labels: np.ndarray, strata: np.ndarray) -> np.ndarray:
    """How many pictures of each stratum each split would get at best, shape (3, strata)."""
    sizes = np.bincount(strata)
    label_of = np.zeros(len(sizes), int)
    label_of[strata] = labels
    return quotas[:, label_of] * sizes / np.maximum(np.bincount(labels, minlength=2), 1)[label_of]


def _place_groups(
    state: _State,
    strata: np.ndarray,
    groups: np.ndarray,
    is_held_out: np.ndarray,
    rng: np.random.Generator,
) -> None:
    """Place the held-out groups, then the groups of several pictures, the largest first."""
    order = np.argsort(groups, kind="stable")
    ends = np.cumsum(state.members.sum(1))
    sizes = state.members.sum(1)
    several = rng.permutation(np.flatnonzero((sizes > 1) & ~is_held_out))
    several = several[np.argsort(-sizes[several], kind="stable")]
    for group in (*np.flatnonzero(is_held_out), *several):
        own = strata[order[ends[group] - sizes[group] : ends[group]]]
        state.put(group, own, TEST if is_held_out[group] else _best_split(state, group, own))


def _best_split(state: _State, group: int, strata: np.ndarray) -> int:
    """The split whose need is the least satisfied, among those that have room for the group."""
    splits = state.filled
    own = state.members[group]
    room = (state.wanted[splits] - own)[:, own > 0].min(axis=1)
    if room.max() < 0:
        return splits[int(room.argmax())]
    unmet = (state.need[splits][:, strata] / state.ideal[splits][:, strata]).mean(axis=1)
    return splits[int(np.where(room >= 0, unmet, -np.inf).argmax())]


def _place_singles(
    state: _State,
    labels: np.ndarray,
    strata: np.ndarray,
    groups: np.ndarray,
    rng: np.random.Generator,
) -> None:
    """Fill the quotas of each class exactly with the pictures that have no duplicates."""
    single = rng.permutation(np.flatnonzero(state.split[groups] < 0))
    for label in (0, 1):
        own = single[labels[single] == label]
        own = own[np.argsort(strata[own], kind="stable")]
        free = np.bincount(strata[own], minlength=state.need.shape[1])
        split = np.full(len(own), TRAIN)
        starts = np.cumsum(free) - free
        for number in (TEST, VAL):
            shares = _share_out(state.wanted[number, label], state.need[number], free, rng)
            for start, share in zip(starts, shares, strict=True):
                split[start : start + share] = number
            starts, free = starts + shares, free - shares
        state.split[groups[own]] = split


def _share_out(
    total: int, weights: np.ndarray, capacity: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """Whole numbers that sum to `total`, in proportion to `weights` (largest remainder).

    None is above its `capacity`, and together they are not above the capacities' sum.
    """
    total = int(np.clip(total, 0, capacity.sum()))
    weights = np.where(capacity > 0, np.maximum(weights, 1e-9), 0)
    exact = total * weights / max(weights.sum(), 1e-9)
    shares: np.ndarray = np.minimum(np.floor(exact + 1e-9).astype(int), capacity)
    tie = rng.random(len(shares)) * 1e-6
    for _ in range(total - int(shares.sum())):
        shares[np.where(shares < capacity, exact - shares + tie, -np.inf).argmax()] += 1
    return shares


def _fill_empty(state: _State, is_held_out: np.ndarray) -> None:
    """Give each split a picture of each class, from a split that keeps one.

    Raises `ValueError` if there are too few to do so.
    """
    has = state.members > 0
    for split in state.filled:
        for label in (0, 1):
            holders = np.array([has[state.split == number].sum(0) for number in range(3)])
            if holders[split, label]:
                continue
            keeps = (holders[state.split] > 1) | ~has  # the old split loses no class
            movable = np.flatnonzero(has[:, label] & keeps.all(1) & ~is_held_out)
            if not len(movable):
                raise ValueError(_say_too_few(has[:, label], is_held_out, label, state.filled))
            state.split[movable[state.members[movable].sum(1).argmin()]] = split


def _say_too_few(has: np.ndarray, is_held_out: np.ndarray, label: int, splits: list[int]) -> str:
    needy = [SPLITS[split] for split in splits if split != TEST or not (has & is_held_out).any()]
    return (
        f"There are too few {LABEL_NAMES[label]} pictures to share out: "
        f"{(has & ~is_held_out).sum()}, where duplicates of one another count once and those held "
        "out for test do not count. "
        f"Needed are at least {len(needy)}, one for each of {', '.join(needy)}."
    )
