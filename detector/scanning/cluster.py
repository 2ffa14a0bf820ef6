"""The engine of a cluster: Ray Data spreads the pictures over actors on all nodes.

Each actor has an analysis process of its own, so that a picture costs no actor. The project must
be installed on every node in the same version, and a folder must have the same path on each.
"""

from __future__ import annotations

import itertools
import logging
import pickle
from collections.abc import Iterable, Iterator
from typing import Any

from detector.analysis.pool import Pool
from detector.inference.pipeline import Detector

from .analyst import Analyst
from .errors import MissingPackage, ScanError
from .order import Order
from .pictures import Picture
from .rows import Row

# Pictures of one data set: so many names are in the memory of Ray, and after so many the actors
# load their models again.
PICTURES_PER_DATASET = 100_000
# A block is what an actor takes and gives back as a whole, and what a kill loses.
PICTURES_PER_BLOCK = 8


class Analyser:
    """An actor: from pickled pictures to pickled rows, since names need not be UTF-8."""

    def __init__(self, order: Order) -> None:
        """Raises `RuntimeError` on a node with another version."""
        setup = order.setup
        version = Detector(setup.runtime, only=setup.only).version
        if version != order.version:
            raise RuntimeError(
                f"This node has the version {version}; the scan needs {order.version}."
            )
        pool = Pool(setup, processes=1)
        self._analyst = Analyst(pool, order.limits, order.seconds, order.version)

    def __call__(self, batch: dict[str, Any]) -> dict[str, list[bytes]]:
        """The rows of a batch of pictures."""
        pictures = map(pickle.loads, batch["picture"])
        return {"row": [pickle.dumps(self._analyst.analyse(picture)) for picture in pictures]}


class Feed:
    """An actor that runs Ray Data within the cluster, which a client cannot do from outside."""

    def __init__(self, order: Order, pictures: list[bytes], actors: int) -> None:
        self._rows = _analyse(order, pictures, actors)

    def take(self) -> list[bytes]:
        """The next rows, none at the end."""
        return list(itertools.islice(self._rows, PICTURES_PER_BLOCK))


def _analyse(order: Order, pictures: list[bytes], actors: int) -> Iterator[bytes]:
    import ray.data

    ray.data.DataContext.get_current().enable_progress_bars = False
    blocks = -(-len(pictures) // PICTURES_PER_BLOCK)
    items = [{"picture": picture} for picture in pictures]
    rows = ray.data.from_items(items, override_num_blocks=blocks).map_batches(
        Analyser,
        fn_constructor_args=(order,),
        compute=ray.data.ActorPoolStrategy(size=min(actors, blocks)),
        batch_size=PICTURES_PER_BLOCK,
        num_cpus=1,
    )
    for row in rows.iter_rows():
        yield row["row"]


def connect(address: str | None) -> Any:
    """Ray, connected to the cluster, or to a node of its own on this machine."""
    try:
        import ray
    except ImportError as error:
        raise MissingPackage("The engine ray", error.name, "`make ray`") from error
    try:
        # Its log would run through the progress; errors come as exceptions.
        ray.init(address, logging_level=logging.ERROR, log_to_driver=False)
    except (ConnectionError, ValueError, RuntimeError) as error:
        raise ScanError(f"There is no Ray cluster at {address}: {error}") from error
    return ray


def analyse_on_cluster(order: Order, ray: Any, pictures: Iterable[Picture]) -> Iterator[Row]:
    """The rows, as they come."""
    actors = order.processes or max(int(ray.cluster_resources().get("CPU", 1)), 1)
    source = map(pickle.dumps, pictures)
    try:
        while chunk := list(itertools.islice(source, PICTURES_PER_DATASET)):
            feed = ray.remote(num_cpus=0)(Feed).remote(order, chunk, actors)
            while rows := ray.get(feed.take.remote()):
                yield from map(pickle.loads, rows)
    except ray.exceptions.RayError as error:
        reason = str(error).strip().splitlines()[-1]  # the lines before are tracebacks
        raise ScanError(f"The cluster has given up: {reason}") from error
    finally:
        ray.shutdown()
