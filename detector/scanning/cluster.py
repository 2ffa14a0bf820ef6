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


def connect(address: str | None) -> Any:
    """Ray, connected to the cluster, or to nodes of its own on this machine."""
    try:
        import ray
        import ray.data
    except ImportError as error:
        raise MissingPackage("The engine ray", error.name, "`make ray`") from error
    try:
        # Its usual log would run through the rows' own progress.
        ray.init(address, ignore_reinit_error=True, logging_level=logging.ERROR)
    except (ConnectionError, ValueError, RuntimeError) as error:
        raise ScanError(f"There is no Ray cluster at {address}: {error}") from error
    logging.getLogger("ray.data").setLevel(logging.ERROR)
    ray.data.DataContext.get_current().enable_progress_bars = False
    return ray


def analyse_on_cluster(order: Order, ray: Any, pictures: Iterable[Picture]) -> Iterator[Row]:
    """The rows, as they come."""
    source = iter(pictures)
    while chunk := list(itertools.islice(source, PICTURES_PER_DATASET)):
        try:
            yield from _analyse(order, ray, chunk)
        except ray.exceptions.RayError as error:
            reason = str(error).strip().splitlines()[-1]  # the lines before are tracebacks
            raise ScanError(f"The cluster has given up: {reason}") from error


def _analyse(order: Order, ray: Any, pictures: list[Picture]) -> Iterator[Row]:
    items = [{"picture": pickle.dumps(picture)} for picture in pictures]
    blocks = -(-len(items) // PICTURES_PER_BLOCK)
    cores = order.processes or max(int(ray.cluster_resources().get("CPU", 1)), 1)
    rows = ray.data.from_items(items, override_num_blocks=blocks).map_batches(
        Analyser,
        fn_constructor_args=(order,),
        compute=ray.data.ActorPoolStrategy(size=min(cores, blocks)),
        batch_size=PICTURES_PER_BLOCK,
        num_cpus=1,
    )
    for row in rows.iter_rows():
        yield pickle.loads(row["row"])
