"""What docs/scale.md rests on: the model of Amdahl, the simulated queue, and a filled database."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from detector.benchmarks.kills import measure_kills
from detector.benchmarks.queueing import simulate, simulate_burst
from detector.benchmarks.storage import measure_storage
from detector.benchmarks.workers import (
    Amdahl,
    Spent,
    count_machines,
    describe_model,
    fit_amdahl,
    measure_workers,
)
from detector.tests.factories import backends
from detector.tests.factories.processes import run_python

# The model


@pytest.mark.parametrize("parallel", [0.0, 0.5, 0.9, 1.0])
def test_the_fit_finds_the_share_that_rates_were_made_with(parallel: float) -> None:
    made = Amdahl(3.0, parallel)
    fit = fit_amdahl({count: made.rate(min(count, 8)) for count in (1, 2, 4, 16)}, 8)
    assert fit.alone == 3.0 and fit.parallel == pytest.approx(parallel)


def test_the_model_of_amdahl_is_the_known_one() -> None:
    model = Amdahl(2.0, 0.9)
    assert model.rate(1) == pytest.approx(2.0)
    assert model.rate(10) == pytest.approx(2.0 / (0.1 + 0.09))
    assert model.rate(1e9) == pytest.approx(20.0)


def test_more_processes_than_cores_promise_nothing() -> None:
    assert fit_amdahl({1: 5.0, 2: 10.0, 4: 10.0}, 2).parallel == pytest.approx(1.0)
    with pytest.raises(ValueError, match="several processes and cores"):
        fit_amdahl({1: 5.0, 2: 5.0}, 1)


def test_only_the_work_of_analysing_is_divided_among_cores() -> None:
    spent = Spent(clock=9.0, feeding=0.1, analysing=0.9)
    assert spent.per_picture(1) == pytest.approx(1.0)
    assert spent.per_picture(9) == pytest.approx(0.2)
    rates = {count: 1 / spent.per_picture(count) for count in (1, 2, 4)}
    assert fit_amdahl(rates, 4).parallel == pytest.approx(0.9)


def test_machines_are_counted_for_a_day_that_is_half_idle() -> None:
    assert count_machines(86_400, 1.0) == 2
    assert count_machines(86_401, 2.0) == 2
    names = [line.name for line in describe_model(Amdahl(5.0, 0.95), 2)]
    assert "100 million a day on machines of 16 cores" in names


# The queue


def test_a_simulated_queue_is_that_of_the_textbook() -> None:
    """M/D/1: the mean wait is load / (2 (1 - load)) services (Pollaczek and Khinchine)."""
    waits = simulate([2.0], load=0.8, workers=1, arrivals=200_000)
    assert waits.depth == pytest.approx(0.8**2 / (2 * 0.2), rel=0.1)
    assert waits.median > 2.0 and waits.slow > waits.median


def test_several_workers_wait_less_at_the_same_load() -> None:
    one, four = (simulate([1.0, 3.0], load=0.9, workers=count) for count in (1, 4))
    assert four.slow < one.slow
    assert simulate([1.0], load=0.5, workers=1) == simulate([1.0], load=0.5, workers=1)


def test_the_last_of_a_burst_waits_for_all() -> None:
    assert simulate_burst([1.0, 3.0], 16) == 32.0


# Measurements


@pytest.mark.browser
@pytest.mark.slow
def test_processes_storage_and_kills_are_measured() -> None:
    lines = [line.name for line in measure_workers(runs=1, pictures=2, megapixels=0.05)]
    assert lines[:3] == ["Processes: 1", "Processes: 2", "Processes: 4"]
    sizes = {line.name: line.value for line in measure_storage(pictures=2, megapixels=0.1)}
    assert int(sizes["Result (JSON)"].split()[0]) >= 5
    said = {line.name: line.value for line in measure_kills(pictures=30, megapixels=0.02)}
    assert said["Pictures with exactly one row"] == "30"
    assert said["Rows of before that are still the same"] == "all of them"


@pytest.mark.browser
@pytest.mark.slow
@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_a_scratch_database_is_filled_measured_and_gone(engine: str, tmp_path: Path) -> None:
    arguments = ["manage.py", "benchmark", "database", "--rows", "3000", "--full", "10"]
    if engine == "sqlite":
        done = run_python(*arguments, data_dir=tmp_path)
    else:
        backends.need_packages("psycopg", "dj_database_url")
        with backends.postgres() as (url, _):
            done = run_python(*arguments, "--database", url, data_dir=tmp_path)
            left = run_python("-c", DATABASES.format(url=url), data_dir=tmp_path)
            assert "scratch_" not in left.stdout and "postgres" in left.stdout
    assert done.returncode == 0, done.stderr
    rows = dict(re.findall(r"^\| (.+?) +\| (.+?) +\|", done.stdout, re.MULTILINE))
    assert f"{engine}: filled with 3,000 rows" in rows
    # Whatever the number of rows: these queries read no table as a whole.
    for name in ("A worker takes the next picture", "Known bytes of an upload", "Lost leases"):
        assert "ms: " in rows[name] and "SCAN detector_analysis" not in rows[name]


DATABASES = """
import psycopg
with psycopg.connect("{url}") as server:
    print(server.execute("SELECT datname FROM pg_database").fetchall())
"""
