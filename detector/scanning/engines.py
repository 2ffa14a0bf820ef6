"""The two ways to analyse many pictures: the processes of this machine, or a Ray cluster."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial

from detector.analysis.pool import Pool
from detector.inference.runtime import count_cores

from .analyst import Analyst
from .cluster import analyse_on_cluster, connect
from .local import analyse_here
from .order import Order
from .pictures import Picture
from .rows import Row

__all__ = ("ENGINES", "Engine", "Order")

# From pictures to their rows, as they come.
Engine = Callable[[Iterable[Picture]], Iterator[Row]]


def _local(order: Order, address: str | None) -> Engine:
    def run(pictures: Iterable[Picture]) -> Iterator[Row]:
        processes = order.processes or count_cores()
        pool = Pool(order.setup, processes=processes)
        try:
            analyst = Analyst(pool, order.limits, order.seconds, order.version)
            yield from analyse_here(analyst, pictures, processes)
        finally:
            pool.end()

    return run


def _ray(order: Order, address: str | None) -> Engine:
    ray = connect(address)
    return partial(analyse_on_cluster, order, ray)


ENGINES: dict[str, Callable[[Order, str | None], Engine]] = {"local": _local, "ray": _ray}
