"""The engine of one machine: as many pictures at once as there are analysis processes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

from .analyst import Analyst
from .pictures import Picture
from .rows import Row

# Pictures that are read ahead, for each process.
AHEAD = 2


def analyse_here(analyst: Analyst, pictures: Iterable[Picture], processes: int) -> Iterator[Row]:
    """The rows, as they come; a bounded number of pictures is in memory at once."""
    threads = ThreadPoolExecutor(processes)
    under_way: set[Future[Row]] = set()
    try:
        for picture in pictures:
            under_way.add(threads.submit(analyst.analyse, picture))
            if len(under_way) >= AHEAD * processes:
                done, under_way = wait(under_way, return_when=FIRST_COMPLETED)
                yield from (future.result() for future in done)
        while under_way:
            done, under_way = wait(under_way, return_when=FIRST_COMPLETED)
            yield from (future.result() for future in done)
    finally:
        threads.shutdown(cancel_futures=True)
