"""Measurements with the real programs, of sizes that say whether they work and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from detector.benchmarks import crowds, hostile, one_picture
from detector.benchmarks.lines import Line
from detector.benchmarks.malformed import make_bases, make_malformed
from detector.benchmarks.programs import measure_scan, measure_start
from detector.benchmarks.site import Site, open_site
from detector.inference.images import ImageError, open_image

pytestmark = pytest.mark.browser  # processes of the real program: slow to start


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    with open_site() as site:
        yield site


@pytest.fixture
def at_site(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """All measurements use one site, since a start takes seconds."""

    @contextmanager
    def open_this(**settings: str) -> Iterator[Site]:
        yield site

    for module in (crowds, hostile, one_picture):
        monkeypatch.setattr(module, "open_site", open_this)


def values(lines: Iterator[Line]) -> dict[str, str]:
    return {line.name: line.value for line in lines}


@pytest.mark.usefixtures("at_site")
def test_every_accepted_picture_of_a_crowd_has_its_verdict() -> None:
    said = values(crowds.measure_clients(clients=2, seconds=0.5, megapixels=0.1))
    accepted = next(value for name, value in said.items() if name.startswith("2 clients"))
    done = said["Accepted pictures with a verdict"]
    assert int(done) >= 2 and accepted.startswith(f"{done} pictures accepted")
    assert said["Errors beside 503"] == "0" and "ms" in said["From sending to verdict"]


@pytest.mark.usefixtures("at_site")
def test_pages_are_timed_while_uploads_wait() -> None:
    said = values(crowds.measure_pages(clients=2, runs=3, megapixels=0.1))
    assert said["Uploads with a verdict"] == "2 of 2"
    assert "ms" in said["Pages while 2 uploads are analysed"]


@pytest.mark.usefixtures("at_site")
def test_good_uploads_and_pages_are_timed_beside_hostile_visitors() -> None:
    sizes = {"runs": 2, "rate": 10, "clients": 5, "queue": 2}
    said = values(hostile.measure_hostile(megapixels=0.1, **sizes))
    come = "Good uploads while 10 malformed files come a second from {}, from sending to verdict"
    for senders in ("one address", "16 addresses"):
        assert "ms" in said[come.format(senders)]
    looked_at = int(said["Processors for a malformed file that is looked at"].split()[0])
    assert looked_at > int(said["for one more of an address that sent no others"].split()[0])
    assert "times" in said["their 95th percentile against that alone"]
    assert said["Good uploads without a verdict"] == "0 refused (503), 0 failed"
    assert "ms" in said["Pages beside 5 slow senders"]
    assert said["Slow senders with a connection at the end"] == "5 of 5"
    assert "refused" in said["Malformed files that came"]
    assert said["Malformed files that came"].endswith(" 0 errors")
    accepted = said["Of 8 pictures at once for 2 places, accepted"]
    assert said["of these with a verdict"] == f"{accepted} of {accepted}"
    assert said["answered otherwise"] == "0"


def test_no_two_malformed_files_are_the_same_and_most_are_refused() -> None:
    bases = make_bases(0.05)
    files = [make_malformed(bases, number) for number in range(60)]
    assert len(set(files)) == 60 and files[7] == make_malformed(bases, 7)
    refused = 0
    for data in files:
        try:
            open_image(data)
        except ImageError:
            refused += 1
    assert refused >= 54


@pytest.mark.usefixtures("at_site")
def test_the_memory_of_a_worker_is_followed_over_many_pictures() -> None:
    said = values(crowds.measure_worker(pictures=3, megapixels=0.1))
    assert said["Pictures with a verdict"] == "3 of 3"
    assert int(said["at most, during a picture"].split()[0].replace(",", "")) > 100


@pytest.mark.usefixtures("at_site")
def test_known_bytes_are_timed_beside_new_ones() -> None:
    said = values(one_picture.measure_again(runs=2, megapixels=0.1))
    assert len(said) == 2 and all("ms" in value for value in said.values())


def test_a_large_picture_is_timed_in_a_process_with_its_memory() -> None:
    said = values(one_picture.measure_large(runs=1, megapixels=0.2))
    assert "JPEG of 0.2 megapixels, with decoding and preview" in said
    assert "MB" in said["Memory of the analysis process at most"]


@pytest.mark.parametrize(
    ("lines", "name"),
    [
        (measure_start(runs=1, megapixels=0.1), "Start to first verdict"),
        (measure_scan(runs=1, pictures=2, megapixels=0.1), "scan beside detect"),
    ],
)
def test_programs_are_timed_from_start_to_end(lines: Iterator[Line], name: str) -> None:
    assert values(lines)[name]
