"""Finds equal and nearly equal pictures: they must not be on both sides of a split."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

# Bits in which the perceptual hashes of near-duplicates may differ. Measured (docs/lab.md): 99.9 %
# of re-encoded and halved copies lie within 4; at 6, portraits of different people do as well.
DISTANCE = 4
HASH_BYTES = 8
# Hashes that differ in at most DISTANCE bits agree in at least so many whole bytes.
KEY_BYTES = HASH_BYTES - DISTANCE
# Within one key, each hash is compared with so many that follow it. Only where thousands of
# hashes share a key is a pair missed for it, and near pairs share further keys.
WINDOW = 256
PENDING = 1_000_000


def same_bytes(sha256: np.ndarray) -> np.ndarray:
    """A number for each file content, shape (n,), from the `sha256` (n,)."""
    return np.unique(sha256, return_inverse=True)[1]


def group_pictures(content: np.ndarray, phash: np.ndarray, flat: np.ndarray) -> np.ndarray:
    """Groups of duplicates, numbered from 0, shape (n,).

    Two pictures are in one group if they have the same `content`, if their 64-bit `phash` differ
    in at most DISTANCE bits (unless `flat`), or if a third one links them.
    """
    hashes, position = np.unique(phash[~flat].view(np.uint64), return_inverse=True)
    contents = int(content.max(initial=-1)) + 1
    # One node a content and one a cluster of hashes; each picture that has a hash links the two.
    links = content[~flat], contents + cluster_hashes(hashes)[position]
    groups = _connected(contents + len(hashes), *links)
    return np.asarray(groups[content])


def cluster_hashes(hashes: np.ndarray) -> np.ndarray:
    """A number for each cluster of near hashes, shape (n,), from n different uint64."""
    clusters = np.arange(len(hashes))
    queue: list[np.ndarray] = []
    for pairs in _near_pairs(hashes):
        queue.append(pairs[:, clusters[pairs[0]] != clusters[pairs[1]]])
        if sum(pairs.shape[1] for pairs in queue) > PENDING:
            clusters, queue = _join(clusters, queue), []
    return _join(clusters, queue)


def _near_pairs(hashes: np.ndarray) -> Iterator[np.ndarray]:
    """Positions of near hashes, shape (2, pairs), key by key; a pair may come more than once."""
    for key in combinations(range(HASH_BYTES), KEY_BYTES):
        reordered = _key_first(hashes, key)
        order = np.argsort(reordered)
        for first, second in _near_neighbours(reordered[order]):
            yield np.stack([order[first], order[second]])


def _key_first(hashes: np.ndarray, key: tuple[int, ...]) -> np.ndarray:
    """The hashes with the bytes `key` put in front; the number of differing bits stays."""
    other_bytes = [byte for byte in range(HASH_BYTES) if byte not in key]
    split = hashes.astype(">u8").view(np.uint8).reshape(-1, HASH_BYTES)
    return (
        np.ascontiguousarray(split[:, [*key, *other_bytes]]).view(">u8").ravel().astype(np.uint64)
    )


def _near_neighbours(hashes: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Near pairs among sorted hashes with the same key."""
    keys = hashes >> np.uint64(8 * (HASH_BYTES - KEY_BYTES))
    first = np.arange(len(hashes))
    for step in range(1, WINDOW + 1):
        first = first[: np.searchsorted(first, len(hashes) - step)]
        # Sorted: where the key ends at this step, it has ended for all further ones.
        first = first[keys[first] == keys[first + step]]
        if not len(first):
            return
        near = np.bitwise_count(hashes[first] ^ hashes[first + step]) <= DISTANCE
        yield first[near], first[near] + step


def _join(clusters: np.ndarray, pairs: list[np.ndarray]) -> np.ndarray:
    """The clusters after the pairs (each (2, m), positions of hashes) have linked them."""
    if not pairs:
        return clusters
    first, second = clusters[np.concatenate(pairs, axis=1)]
    return np.asarray(_connected(int(clusters.max()) + 1, first, second)[clusters])


def _connected(nodes: int, first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """The number of the connected part that each node belongs to, shape (nodes,)."""
    links = coo_array((np.ones(len(first), bool), (first, second)), shape=(nodes, nodes))
    return np.asarray(connected_components(links, directed=False)[1])


def in_both_classes(groups: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """The first real and the first AI picture of each group that holds both, shape (m, 2)."""
    firsts = []
    for label in (0, 1):
        members = np.flatnonzero(labels == label)
        numbers, first = np.unique(groups[members], return_index=True)
        firsts.append((numbers, members[first]))
    (real_groups, real), (ai_groups, ai) = firsts
    _, at_real, at_ai = np.intersect1d(real_groups, ai_groups, return_indices=True)
    pairs = np.stack([real[at_real], ai[at_ai]], axis=1)
    return pairs[np.argsort(pairs[:, 0])]
