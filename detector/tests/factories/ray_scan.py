"""The program of a scan on a Ray cluster of two nodes on this machine, each with one core."""

from __future__ import annotations

import sys
from pathlib import Path

import django
from django.core.management import call_command


def main(source: str, output: str) -> None:
    from ray.cluster_utils import Cluster

    memory = 100 * 2**20
    node = {"num_cpus": 1, "object_store_memory": memory}
    cluster = Cluster(initialize_head=True, head_node_args={**node, "include_dashboard": False})
    cluster.add_node(num_cpus=1, object_store_memory=memory)
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
    main(*sys.argv[1:])
