"""The program of a scan on a Ray cluster of two nodes on this machine, each with one core.

With `--serve` it is the cluster alone, which prints its address and lives until its input ends.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import django
from django.core.management import call_command


def start_cluster() -> Any:
    from ray.cluster_utils import Cluster

    memory = 100 * 2**20
    node = {"num_cpus": 1, "object_store_memory": memory}
    cluster = Cluster(initialize_head=True, head_node_args={**node, "include_dashboard": False})
    cluster.add_node(num_cpus=1, object_store_memory=memory)
    return cluster


def serve() -> None:
    cluster = start_cluster()
    sys.stdout.write(f"{cluster.address}\n")
    sys.stdout.flush()
    sys.stdin.read()
    cluster.shutdown()


def main(source: str, output: str) -> None:
    cluster = start_cluster()
    call_command(
        "scan",
        source,
        output=Path(output),
        engine="ray",
        address=cluster.address,
        only=["forensics"],
    )
    cluster.shutdown()


if __name__ == "__main__":
    django.setup()
    serve() if sys.argv[1:] == ["--serve"] else main(*sys.argv[1:])
