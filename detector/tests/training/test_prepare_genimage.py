"""prepare_genimage: what it finds, what it keeps together, what it warns of, what it writes."""

from __future__ import annotations

import io
import json
import os
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.core.management import CommandError, call_command
from PIL import Image

from detector.inference.folders import File
from detector.inference.images import open_image
from detector.tests.factories.pictures import encode, frames, scene
from detector.tests.factories.processes import run_python
from detector.training.genimage import scan
from detector.training.genimage.duplicates import DISTANCE, cluster_hashes, group_pictures
from detector.training.genimage.equalise import Equalise
from detector.training.genimage.index import NAME, Index
from detector.training.genimage.layout import find_files, place_of
from detector.training.genimage.reading import Facts, perceptual_hash, read_facts
from detector.training.genimage.splits import read_equalise, read_split, read_splits_metadata
from detector.training.genimage.splitting import Ratios, split_pictures

# The command, which is found by its name, imports scikit-learn.
pytestmark = pytest.mark.torch

SPLITS = ("train", "val", "test")


def save(path: Path, seed: int, format: str = "JPEG", **options: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(encode(scene(seed), format, **options))
    return path


def fill(data_dir: Path, n_ai: int, n_real: int) -> None:
    """Pictures of both classes in the same format, none like another."""
    for index in range(n_ai):
        save(data_dir / "ai_images" / f"a{index:02}.jpg", index)
    for index in range(n_real):
        save(data_dir / "real_images" / f"r{index:02}.jpg", 1000 + index)


def run(data_dir: Path, **options: Any) -> str:
    output = io.StringIO()
    options = {"workers": 1, "stdout": output} | options
    call_command("prepare_genimage", data_dir=data_dir, **options)
    return output.getvalue()


def rows(data_dir: Path) -> dict[str, list[dict[str, Any]]]:
    return {name: json.loads((data_dir / "splits" / f"{name}.json").read_text()) for name in SPLITS}


def split_of(data_dir: Path) -> dict[str, str]:
    """The split of each path."""
    return {row["path"]: name for name, own in rows(data_dir).items() for row in own}


def written(data_dir: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (data_dir / "splits").glob("*.json")}


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """20 AI and 20 real pictures, split, and what the command said."""
    data_dir = tmp_path_factory.mktemp("genimage_data")
    fill(data_dir, 20, 20)
    return data_dir, run(data_dir)


def test_20_and_20_pictures_give_28_6_and_6_each_balanced(prepared: tuple[Path, str]):
    data_dir, output = prepared
    labels = {name: [row["label"] for row in own] for name, own in rows(data_dir).items()}
    assert {name: len(own) for name, own in labels.items()} == {"train": 28, "val": 6, "test": 6}
    assert all(sum(own) * 2 == len(own) for own in labels.values())
    assert "train           14        14        28" in output
    assert f"Next: manage.py finetune_hf_models --data-dir {data_dir}" in output


def test_a_row_says_what_a_picture_is(prepared: tuple[Path, str]):
    data_dir, _ = prepared
    (row,) = [r for own in rows(data_dir).values() for r in own if r["path"].endswith("a03.jpg")]
    digest = open_image(data_dir / "ai_images" / "a03.jpg").sha256
    assert row == {
        "path": "ai_images/a03.jpg",
        "label": 1,
        "label_name": "ai",
        "generator": "unknown",
        "source": "ai_images",
        "sha256": digest,
        "width": 96,
        "height": 80,
        "format": "JPEG",
    }


def test_metadata_says_on_which_terms_and_how_many(prepared: tuple[Path, str]):
    metadata = read_splits_metadata(prepared[0])
    assert (metadata["version"], metadata["seed"]) == (1, 42)
    assert metadata["ratios"] == {"train": 0.7, "val": 0.15, "test": 0.15}
    assert metadata["counts"]["val"] == {
        "ai": 3,
        "real": 3,
        "generators": {"unknown": 3},
        "real_sources": {"real_images": 3},
    }
    assert metadata["duplicates"]["largest_group"] == 1
    assert metadata["left_out"] == {"count": 0, "files": []}


def test_splits_are_read_as_pictures_of_a_corpus(prepared: tuple[Path, str]):
    data_dir, _ = prepared
    pictures = read_split(data_dir, "test")
    assert len(pictures) == 6 and all(picture.path.is_file() for picture in pictures)
    assert {(p.split, p.label, p.source, p.generator) for p in pictures} == {
        ("test", 0, "real_images", ""),
        ("test", 1, "ai_images", "unknown"),
    }
    assert all(open_image(p.path).sha256 == p.sha256 for p in pictures)


def test_same_seed_gives_the_same_bytes_wherever_the_folder_is(
    prepared: tuple[Path, str], tmp_path: Path
):
    fill(tmp_path, 20, 20)
    run(tmp_path, workers=2)
    assert written(tmp_path) == written(prepared[0])
    run(tmp_path)  # from the index
    assert written(tmp_path) == written(prepared[0])


def test_another_seed_gives_other_splits(prepared: tuple[Path, str], tmp_path: Path):
    fill(tmp_path, 20, 20)
    run(tmp_path, seed=43)
    assert split_of(tmp_path) != split_of(prepared[0])
    assert Counter(split_of(tmp_path).values()) == {"train": 28, "val": 6, "test": 6}


def test_ratios_are_followed(tmp_path: Path):
    fill(tmp_path, 8, 8)
    run(tmp_path, val_split=0.25, test_split=0)
    assert Counter(split_of(tmp_path).values()) == {"train": 12, "val": 4}
    assert rows(tmp_path)["test"] == [] and read_split(tmp_path, "test") == []


def test_genimage_folders_at_any_depth_and_in_any_case(tmp_path: Path):
    places = {
        "GenImage/imagenet_ai_0419_biggan/train/ai": ("imagenet_ai_0419_biggan", 1),
        "GenImage/imagenet_ai_0419_biggan/val/nature": ("imagenet_ai_0419_biggan", 0),
        "a/b/Midjourney/VAL/AI": ("Midjourney", 1),
        "a/b/Midjourney/Train/Nature/deeper": ("Midjourney", 0),
        "AI_Images/sdxl/more": ("sdxl", 1),
        "Real_Images/camera": ("camera", 0),
    }
    for number, folder in enumerate(places):
        for index in range(3):
            save(tmp_path / folder / f"{index}.jpg", 10 * number + index)
    run(tmp_path)
    found = {
        row["path"].rpartition("/")[0]: (row["source"], row["label"], row["generator"])
        for own in rows(tmp_path).values() for row in own
    }  # fmt: skip
    assert found == {
        folder: (source, label, source if label else "")
        for folder, (source, label) in places.items()
    }


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("ai_images/x.jpg", (1, "ai_images", "unknown")),
        ("real_images/x.jpg", (0, "real_images", "")),
        ("train/nature/x.jpg", (0, "real_images", "")),
        ("train/ai/x.jpg", (1, "ai_images", "unknown")),
        ("ai_images/biggan/train/nature/x.jpg", (0, "biggan", "")),
        ("biggan/train/x.jpg", None),
        ("other/ai_images/x.jpg", None),
        ("x.jpg", None),
    ],
)
def test_folders_tell_label_source_and_generator(path: str, expected: tuple | None):
    place = place_of(path)
    assert (place and (place.label, place.source, place.generator)) == expected


FORMATS = {"JPEG": "JPG", "PNG": "Png", "WEBP": "WebP", "BMP": "BMP", "TIFF": "TIF"} | {
    "HEIF": "HEIC",
    "AVIF": "AVIF",
}


def test_every_format_with_any_case_of_its_suffix(tmp_path: Path):
    for number, (format, suffix) in enumerate(FORMATS.items()):
        save(tmp_path / "ai_images" / f"x.{suffix}", number, format)
        save(tmp_path / "real_images" / f"x.{suffix.lower()}", 100 + number, format)
    run(tmp_path)
    found = [(row["format"], row["label"]) for own in rows(tmp_path).values() for row in own]
    assert sorted(found) == sorted((format, label) for format in FORMATS for label in (0, 1))


def test_what_cannot_be_used_is_listed_and_left_out(tmp_path: Path):
    fill(tmp_path, 4, 4)
    bad = tmp_path / "ai_images"
    (bad / "text.png").write_bytes(b"Dear diary")
    (bad / "empty.jpg").touch()
    (bad / "cut.jpg").write_bytes(encode(scene(7), "JPEG")[:-200])
    (bad / "moving.gif").write_bytes(frames("GIF"))
    (bad / "notes.txt").write_text("no picture by its name")
    output = run(tmp_path)
    left_out = read_splits_metadata(tmp_path)["left_out"]
    reasons = {file["path"]: file["reason"] for file in left_out["files"]}
    assert left_out["count"] == 4 and list(reasons) == sorted(reasons)
    assert "not a picture" in reasons["ai_images/text.png"]
    assert "damaged" in reasons["ai_images/cut.jpg"]
    assert "is a GIF; accepted are JPEG, PNG" in reasons["ai_images/moving.gif"]
    assert "ai_images/empty.jpg: The file is empty." in output
    assert len(split_of(tmp_path)) == 8


def test_only_the_first_ten_left_out_are_shown(tmp_path: Path):
    fill(tmp_path, 3, 3)
    for index in range(12):
        (tmp_path / "ai_images" / f"empty{index:02}.png").touch()
    output = run(tmp_path)
    assert "ai_images/empty09.png" in output and "empty10" not in output
    assert "and 2 more, see metadata.json" in output


def test_pictures_in_other_folders_are_counted(tmp_path: Path):
    fill(tmp_path, 3, 3)
    for name in ("holiday/x.jpg", "holiday/b.jpg", "z.jpg"):
        save(tmp_path / name, 50)
    assert "which class they are: 3, the first is holiday/b.jpg" in run(tmp_path)


def test_hidden_files_and_loops_of_links_are_not_followed(tmp_path: Path):
    fill(tmp_path / "data", 3, 3)
    save(tmp_path / "data" / "ai_images" / "._a00.jpg", 1)
    save(tmp_path / "data" / "ai_images" / ".cache" / "x.jpg", 1)
    (tmp_path / "data" / "ai_images" / "loop").symlink_to(tmp_path / "data" / "ai_images")
    (tmp_path / "data" / "ai_images" / "broken.jpg").symlink_to(tmp_path / "nowhere")
    elsewhere = save(tmp_path / "elsewhere" / "x.jpg", 99).parent
    (tmp_path / "data" / "ai_images" / "linked").symlink_to(elsewhere)
    found = {file.path for file in find_files(tmp_path / "data") if "ai_images" in file.path}
    assert found == {f"ai_images/a0{i}.jpg" for i in range(3)}
    output = run(tmp_path / "data")
    assert "3 links to folders, to themselves or to nothing" in output
    assert "2 hidden, or not named like a picture" in output
    assert (
        read_splits_metadata(tmp_path / "data")["walk"]["links"]["first"] == "ai_images/broken.jpg"
    )


def test_one_looping_link_or_folder_that_cannot_be_read_stops_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    fill(tmp_path, 3, 3)
    (tmp_path / "ai_images" / "self").symlink_to("self")
    (tmp_path / "real_images" / "all").symlink_to("/")
    os.mkfifo(tmp_path / "real_images" / "pipe.jpg")
    (tmp_path / "ai_images" / "notes.txt").touch()
    monkeypatch.chdir(tmp_path / "ai_images")
    for _ in range(20):  # a path beyond what the system takes: nobody can read it, nor can root
        os.mkdir("d" * 250)
        os.chdir("d" * 250)
    output = run(tmp_path)
    assert "cannot be read: File name too long." in output
    assert "2 links to folders, to themselves or to nothing" in output
    assert "1 pipes, sockets or devices; the first is real_images/pipe.jpg" in output
    assert "the first is ai_images/notes.txt" in output
    assert sum(map(len, (split_of(tmp_path),))) == 6


def test_names_that_are_not_utf_8(tmp_path: Path):
    fill(tmp_path, 3, 3)
    odd = os.fsencode(tmp_path / "ai_images") + b"/\xff\xe9.jpg"
    try:
        Path(os.fsdecode(odd)).write_bytes(encode(scene(33), "JPEG"))
    except OSError:
        pytest.skip("this file system takes UTF-8 only")
    run(tmp_path)
    pictures = [p for name in SPLITS for p in read_split(tmp_path, name)]
    assert odd in [os.fsencode(p.path) for p in pictures]


def test_duplicates_stay_in_one_split(tmp_path: Path):
    fill(tmp_path, 12, 12)
    alike = defaultdict(set)
    for index in range(6):
        original = tmp_path / "ai_images" / f"a{index:02}.jpg"
        copies = tmp_path / "ai_images" / "copies"
        copies.mkdir(exist_ok=True)
        (copies / f"{index}same.jpg").write_bytes(original.read_bytes())
        with Image.open(original) as image:
            image.save(copies / f"{index}webp.webp", quality=70)
            image.resize((48, 40)).save(copies / f"{index}half.png")
            image.save(copies / f"{index}worse.jpg", quality=50)
    run(tmp_path)
    for path, name in split_of(tmp_path).items():
        if "copies" in path:
            alike[path.split("/")[-1][0]].add(name)
    for index in range(6):
        alike[str(index)].add(split_of(tmp_path)[f"ai_images/a{index:02}.jpg"])
    assert all(len(names) == 1 for names in alike.values())
    duplicates = read_splits_metadata(tmp_path)["duplicates"]
    assert duplicates == {"same_bytes": 6, "look_alike": 18, "largest_group": 5, "distance": 4}


def test_flat_pictures_are_not_alike_because_they_are_flat(tmp_path: Path):
    fill(tmp_path, 4, 4)
    for index, grey in enumerate(range(20, 220, 40)):
        Image.new("RGB", (96, 80), (grey, grey, grey)).save(tmp_path / f"real_images/f{index}.png")
    run(tmp_path)
    assert read_splits_metadata(tmp_path)["duplicates"]["largest_group"] == 1


def test_the_same_file_in_both_classes_is_an_error_that_names_both(tmp_path: Path):
    fill(tmp_path, 12, 12)
    for index in range(12):
        data = (tmp_path / "ai_images" / f"a{index:02}.jpg").read_bytes()
        (tmp_path / "real_images" / f"copy{index:02}.jpg").write_bytes(data)
    with pytest.raises(CommandError) as raised:
        run(tmp_path)
    lines = str(raised.value).splitlines()
    assert "The same file is in both classes" in lines[0]
    assert lines[1] == "  ai_images/a00.jpg = real_images/copy00.jpg"
    assert len(lines) == 12 and lines[-1] == "  and 2 more"
    assert not written(tmp_path)


def test_an_ai_version_of_a_real_picture_stays_with_it_and_is_named(tmp_path: Path):
    fill(tmp_path, 6, 6)
    with Image.open(tmp_path / "real_images" / "r02.jpg") as image:
        image.save(tmp_path / "ai_images" / "redrawn.png")
    output = run(tmp_path)
    splits = split_of(tmp_path)
    assert splits["ai_images/redrawn.png"] == splits["real_images/r02.jpg"]
    assert "AI and real pictures look alike and stay in one split" in output
    assert "ai_images/redrawn.png and real_images/r02.jpg (1 in all)" in output


def test_a_generator_is_held_out_whole_and_with_its_duplicates(tmp_path: Path):
    fill(tmp_path, 20, 20)
    for index in range(8):
        save(tmp_path / "ai_images" / "SDXL" / f"{index}.jpg", 200 + index)
    save(tmp_path / "ai_images" / "copy.jpg", 200, quality=60)
    output = run(tmp_path, holdout_generator=["sdxl"])
    splits = split_of(tmp_path)
    assert {splits[f"ai_images/SDXL/{index}.jpg"] for index in range(8)} == {"test"}
    assert splits["ai_images/copy.jpg"] == "test"
    assert "SDXL 0 / 0 / 8" in output and "Held out for test: SDXL." in output
    assert "not balanced in test: 9 AI and 3 real pictures" in output


def test_holding_out_an_unknown_generator_names_those_that_are_there(tmp_path: Path):
    fill(tmp_path, 3, 3)
    save(tmp_path / "ai_images" / "sdxl" / "x.jpg", 77)
    with pytest.raises(CommandError, match="there is no dalle; there are sdxl, unknown"):
        run(tmp_path, holdout_generator=["dalle"])


STOPPED_AFTER_TWO_BATCHES = """
import os, signal, sys
from pathlib import Path
import django
django.setup()
from django.core.management import call_command
from detector.training.genimage import scan
from detector.training.genimage.index import Index

stored, store = [], Index.store
def store_and_stop(index, paths, answers):
    store(index, paths, answers)
    stored.append(paths)
    if len(stored) == 2:
        os.kill(os.getpid(), signal.Signals[sys.argv[2]])
scan.BATCH, Index.store = 8, store_and_stop
call_command("prepare_genimage", data_dir=Path(sys.argv[1]), workers=2)
"""


@pytest.mark.parametrize(("name", "code"), [("SIGKILL", -9), ("SIGINT", 1)])
def test_a_stopped_scan_goes_on_and_reads_nothing_twice(name: str, code: int, tmp_path: Path):
    data_dir = tmp_path / "data"
    fill(data_dir, 20, 20)
    # It returns only when its pipes are closed: the workers, too, have ended.
    stopped = run_python(
        "-c", STOPPED_AFTER_TWO_BATCHES, str(data_dir), name, data_dir=tmp_path / "own"
    )
    assert stopped.returncode == code, stopped.stderr
    assert name == "SIGKILL" or "Stopped. Run the command again: it goes on" in stopped.stderr
    assert not written(data_dir)
    for index in range(16):  # two batches of eight, in the order of their paths
        spoil_unseen(data_dir / "ai_images" / f"a{index:02}.jpg")
    run(data_dir)
    assert read_splits_metadata(data_dir)["left_out"]["count"] == 0
    assert Counter(split_of(data_dir).values()) == {"train": 28, "val": 6, "test": 6}


def spoil_unseen(path: Path) -> None:
    """Other bytes, but the same size and time: whoever reads it again finds no picture."""
    status = path.stat()
    path.write_bytes(bytes(status.st_size))
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def test_a_worker_that_is_killed_is_an_error_that_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    fill(tmp_path, 3, 3)
    monkeypatch.setattr(scan, "read_facts", end_process)
    with pytest.raises(CommandError, match="worker process was killed.*less --workers"):
        run(tmp_path)


def end_process(path: Path) -> Facts:
    os._exit(9)


def test_what_changed_is_read_again_and_what_vanished_is_forgotten(tmp_path: Path):
    fill(tmp_path, 5, 5)
    run(tmp_path)
    changed, gone = tmp_path / "ai_images" / "a00.jpg", tmp_path / "ai_images" / "a01.jpg"
    gone.unlink()
    changed.write_bytes(encode(scene(555, 120, 100), "PNG"))
    (tmp_path / "ai_images" / "late.jpg").write_bytes(b"junk")
    run(tmp_path)
    save(tmp_path / "ai_images" / "late.jpg", 556)
    run(tmp_path)
    found = {row["path"]: row for own in rows(tmp_path).values() for row in own}
    assert len(found) == 10 and "ai_images/a01.jpg" not in found
    assert (found["ai_images/a00.jpg"]["width"], found["ai_images/a00.jpg"]["format"]) == (
        120,
        "PNG",
    )
    assert "ai_images/late.jpg" in found


def test_two_at_once_and_a_damaged_index(tmp_path: Path):
    fill(tmp_path, 3, 3)
    run(tmp_path)
    index = Index(tmp_path / "splits")
    index.refresh([])
    with pytest.raises(CommandError, match="Another prepare_genimage is at work"):
        run(tmp_path)
    index.close()
    (tmp_path / "splits" / NAME).write_bytes(b"no database, but long enough to be read" * 99)
    run(tmp_path)
    assert len(split_of(tmp_path)) == 6
    damaged = bytearray((tmp_path / "splits" / NAME).read_bytes())
    damaged[4096:] = bytes(len(damaged) - 4096)  # its first page is whole, the others are not
    (tmp_path / "splits" / NAME).write_bytes(damaged)
    with pytest.raises(CommandError, match="scan.sqlite3: .*; delete it and run the command"):
        run(tmp_path)


def test_an_index_holds_more_than_one_batch_in_the_order_of_paths(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("detector.training.genimage.index.BATCH", 3)
    index = Index(tmp_path)
    paths = [f"ai_images/{i:02}.jpg" for i in range(10)]
    index.refresh(File(path, 1, 1) for path in reversed(paths))
    assert index.pending() == paths
    assert index.pending(paths[3], 2) == paths[4:6]
    facts = Facts(b"\0" * 32, -1, False, 1, 1, "PNG", 0)
    index.store(paths[:2], [facts, "no picture"])
    assert index.count_pending() == 8 and index.left_out(5) == [(paths[1], "no picture")]
    assert list(index.readable()) == [(paths[0], 1, facts)] and index.path(0) == paths[0]


def test_format_bias_is_measured_and_switches_equalising_on(tmp_path: Path):
    for index in range(20):
        save(tmp_path / "ai_images" / f"{index}.png", index, "PNG")
        save(tmp_path / "real_images" / f"{index}.jpg", 100 + index)
    output = run(tmp_path)
    metadata = read_splits_metadata(tmp_path)
    assert metadata["format_bias"]["roc_auc"] > 0.95
    assert metadata["format_bias"]["roc_auc_interval"][0] > 0.6
    assert "Warning: The class can be told from file format, size and compression alone" in output
    assert "All AI pictures are PNG and all real ones JPEG." in output
    assert "Equalising is on because of the format bias" in output
    assert metadata["equalise"] == {"side": 80} and read_equalise(tmp_path) == Equalise(80)
    assert "Equalising is off" in run(tmp_path, equalise=False)
    assert read_equalise(tmp_path) is None


def test_size_and_quality_are_named_as_tells(tmp_path: Path):
    rng = np.random.default_rng(0)
    for index in range(20):
        for name, side, quality, seed in (("ai", 128, 95, index), ("real", 300, 60, 100 + index)):
            folder = tmp_path / f"{name}_images"
            folder.mkdir(exist_ok=True)
            height = side + int(rng.integers(0, 20))
            scene(seed, 320, height).save(folder / f"{index}.jpg", quality=quality)
    run(tmp_path)
    told = " ".join(read_splits_metadata(tmp_path)["format_bias"]["tells"])
    assert "median of JPEG quality 95, real ones JPEG quality 60" in told
    assert "pixels on the shorter side, real ones 3" in told


def test_classes_that_are_alike_give_no_warning(prepared: tuple[Path, str]):
    data_dir, output = prepared
    metadata = read_splits_metadata(data_dir)
    assert metadata["warnings"] == [] and metadata["equalise"] is None
    assert metadata["format_bias"]["roc_auc_interval"][0] < 0.6
    assert "Format bias: none to speak of" in output and "Equalising is off" in output


def test_too_few_pictures_for_the_format_bias_are_said(tmp_path: Path):
    fill(tmp_path, 4, 4)
    assert "Format bias: not measured, there are too few (4 AI and 4 real" in run(tmp_path)
    assert read_splits_metadata(tmp_path)["format_bias"]["roc_auc"] is None
    assert "Equalising is on: training" in run(tmp_path, equalise=True)


def test_equalised_pictures_of_both_classes_are_alike():
    rng = np.random.default_rng(0)
    equalise = Equalise(128)
    heights, qualities = defaultdict(list), defaultdict(list)
    for label, side in ((1, 160), (0, 600)):
        for _ in range(40):
            pixels = np.asarray(scene(int(rng.integers(1_000_000)), side, side))
            sha256 = rng.bytes(32).hex()
            done = equalise(pixels, sha256)
            assert np.array_equal(done, equalise(pixels, sha256))
            heights[label].append(done.shape[0])
            qualities[label].append(blockiness(done))
    assert all(96 <= height <= 128 for own in heights.values() for height in own)
    assert np.mean(heights[0]) == pytest.approx(np.mean(heights[1]), rel=0.05)
    assert np.mean(qualities[0]) == pytest.approx(np.mean(qualities[1]), rel=0.2)


def blockiness(pixels: np.ndarray) -> float:
    """Steps across the borders of JPEG's 8-pixel blocks against all steps; above 1 after JPEG."""
    steps = np.abs(np.diff(pixels.astype(float).mean(2), axis=0)).mean(1)
    return float(steps[7::8].mean() / steps.mean())


def test_small_pictures_are_not_enlarged_when_equalised():
    assert max(Equalise(512)(np.asarray(scene(1, 60, 50)), "ab" * 32).shape) <= 60
    assert Equalise(8)(np.zeros((1, 1, 3), np.uint8), "ff" * 32).shape == (1, 1, 3)


@pytest.mark.parametrize("quality", [1, 35, 75, 90, 95, 100])
def test_jpeg_quality_is_read_off_the_tables(quality: int, tmp_path: Path):
    facts = read_facts(save(tmp_path / "x.jpg", 1, quality=quality))
    assert isinstance(facts, Facts) and facts.quality == quality


def test_perceptual_hashes_tell_copies_from_other_pictures():
    image = scene(5, 640, 480)
    hashes = [perceptual_hash(i)[0] for i in (image, image.resize((320, 240)), scene(6, 640, 480))]
    codes = np.array(hashes).view(np.uint64)
    assert np.bitwise_count(codes[0] ^ codes[1]) <= DISTANCE < np.bitwise_count(codes[0] ^ codes[2])
    assert perceptual_hash(Image.new("RGB", (64, 64), "red"))[1]


def test_near_hashes_are_found_as_by_comparing_all():
    rng = np.random.default_rng(0)
    hashes = rng.integers(0, 2**64, 3000, dtype=np.uint64)
    hashes[:500] &= np.uint64(0xFFFF)  # many with the same six bytes
    for copy in range(600, 900):  # up to five bits away from another one
        for bit in rng.integers(0, 64, copy % 6):
            hashes[copy] = hashes[copy - 300] if not bit else hashes[copy - 300] ^ (1 << int(bit))
    hashes = np.unique(hashes)
    near = np.bitwise_count(hashes[:, None] ^ hashes[None]) <= DISTANCE
    clusters = cluster_hashes(hashes)
    first, second = np.nonzero(near)
    assert (clusters[first] == clusters[second]).all()
    assert len(np.unique(clusters)) == count_components(near)


def count_components(near: np.ndarray) -> int:
    waiting, count = set(range(len(near))), 0
    while waiting:
        count += 1
        reached = [waiting.pop()]
        while reached:
            new = waiting.intersection(np.flatnonzero(near[reached.pop()]).tolist())
            waiting -= new
            reached.extend(new)
    return count


def test_one_common_hash_does_not_cost_more_than_others():
    hashes = np.zeros(200_000, np.int64)
    groups = group_pictures(np.arange(200_000), hashes, np.zeros(200_000, bool))
    assert not groups.any()


@pytest.mark.parametrize("seed", range(40))
def test_groups_are_never_divided_and_quotas_hold(seed: int):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(30, 400))
    strata = rng.integers(0, 6, n)
    labels = strata % 2
    groups = np.unique(rng.integers(0, n * int(rng.integers(1, 4)), n), return_inverse=True)[1]
    ratios = Ratios(*rng.choice([0.1, 0.15, 0.3], 2))
    split = split_pictures(labels, strata, groups, np.zeros(n, bool), ratios, seed)
    largest = np.bincount(groups).max()
    for group in range(groups.max() + 1):
        assert len(set(split[groups == group])) == 1
    for label in (0, 1):
        counts = np.bincount(split[labels == label], minlength=3)
        total = counts.sum()
        assert counts.min() >= 1
        assert abs(counts[1] - total * ratios.val) <= largest
        assert abs(counts[2] - total * ratios.test) <= largest


@pytest.mark.parametrize("seed", range(20))
def test_quotas_are_exact_by_class_and_near_by_source_without_duplicates(seed: int):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(20, 500))
    strata = rng.integers(0, 8, n)
    labels = strata % 2
    split = split_pictures(
        labels, strata, np.arange(n), np.zeros(n, bool), Ratios(0.15, 0.15), seed
    )
    for label in (0, 1):
        counts = np.bincount(split[labels == label], minlength=3)
        assert counts[1] == counts[2] == max(round(counts.sum() * 0.15), 1)
    for stratum in np.unique(strata):
        counts = np.bincount(split[strata == stratum], minlength=3)
        assert abs(counts[1:] - counts.sum() * 0.15).max() <= 2


def test_large_groups_do_not_leave_a_split_without_a_class():
    labels = np.repeat([0, 1], 20)
    groups = np.repeat(np.arange(6), [18, 1, 1, 18, 1, 1])
    split = split_pictures(labels, labels, groups, np.zeros(40, bool), Ratios(0.15, 0.15), 0)
    for label in (0, 1):
        assert sorted(np.bincount(split[labels == label])) == [1, 1, 18]


def test_held_out_pictures_leave_train_and_val_their_shares():
    labels = np.repeat([0, 1], [100, 100])
    held_out = np.arange(200) >= 150  # half of the AI pictures
    split = split_pictures(labels, labels, np.arange(200), held_out, Ratios(0.15, 0.15), 0)
    assert set(split[held_out]) == {2}
    assert np.bincount(split[labels == 1]).tolist() == [41, 9, 50]
    assert np.bincount(split[labels == 0]).tolist() == [70, 15, 15]


def test_too_few_pictures_to_share_out_say_how_many_are_needed(tmp_path: Path):
    fill(tmp_path, 5, 2)
    with pytest.raises(CommandError, match=r"too few real pictures to share out: 2.*at least 3, "):
        run(tmp_path)
    run(tmp_path, val_split=0)
    assert read_splits_metadata(tmp_path)["counts"]["test"]["real"] == 1


def test_holding_out_all_ai_pictures_leaves_too_few(tmp_path: Path):
    fill(tmp_path, 3, 5)
    with pytest.raises(
        CommandError, match="too few AI.*: 0, .*at least 2, one for each of train, v"
    ):
        run(tmp_path, holdout_generator=["unknown"])


def test_a_missing_or_empty_folder_says_what_is_needed(tmp_path: Path):
    with pytest.raises(CommandError, match=r"no folder .*nowhere; needed is .*ai_images/ and real"):
        run(tmp_path / "nowhere")
    with pytest.raises(CommandError, match="0 AI and 0 real pictures.*and in ai_images/"):
        run(tmp_path)


def test_a_missing_class_says_where_it_belongs(tmp_path: Path):
    fill(tmp_path, 3, 0)
    (tmp_path / "real_images").mkdir()
    (tmp_path / "real_images" / "x.jpg").write_bytes(b"junk")
    save(tmp_path / "photos" / "x.jpg", 5)
    with pytest.raises(CommandError) as raised:
        run(tmp_path)
    message = str(raised.value)
    assert "has 3 AI and 0 real pictures" in message
    assert "Missing ones belong in real_images/ or <generator>/train/nature." in message
    assert "1 cannot be read, the first is real_images/x.jpg: This is not a picture" in message
    assert "1 stand in other folders, the first is photos/x.jpg." in message


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path):
    fill(tmp_path, 3, 3)
    (tmp_path / "splits").write_text("a file in the way")
    with pytest.raises(CommandError, match="splits cannot be written: File exists"):
        run(tmp_path)
    (tmp_path / "splits").unlink()
    (tmp_path / "splits" / NAME).mkdir(parents=True)
    with pytest.raises(CommandError, match="scan.sqlite3 cannot be written: unable to open"):
        run(tmp_path)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"val_split": 1.0}, "--val-split is 1.0; accepted are 0 up to below 1"),
        ({"test_split": -0.1}, "--test-split is -0.1; accepted are"),
        ({"val_split": 0.5, "test_split": 0.5}, "sum to less than 1"),
        ({"val_split": float("nan")}, "--val-split is nan"),
        ({"seed": -1}, "--seed is -1; accepted are whole numbers from 0 up"),
        ({"workers": 0}, "--workers is 0; accepted are whole numbers from 1 up"),
        ({"test_split": 0.0, "holdout_generator": ["x"]}, "needs a test split"),
    ],
)
def test_options_out_of_range_are_named(options: dict[str, Any], message: str, tmp_path: Path):
    with pytest.raises(CommandError, match=message):
        run(tmp_path, **options)


def test_reading_splits_that_are_not_there_says_what_to_run(tmp_path: Path):
    with pytest.raises(FileNotFoundError, match="run manage.py prepare_genimage"):
        read_split(tmp_path, "train")
    with pytest.raises(ValueError, match="no split 'training'; there are train, val, test"):
        read_split(tmp_path, "training")


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("train.json", b"["),
        ("train.json", b"\xff"),
        ("train.json", b'{"a": 1}'),
        ("train.json", b'[{"path": "x.jpg", "label": 1}]'),
        ("train.json", b'[{"path": 5, "label": 1, "source": "", "generator": "", "sha256": ""}]'),
        ("train.json", b"[1]"),
        ("metadata.json", b"[]"),
        ("metadata.json", b'{"version": 99}'),
        ("metadata.json", b'{"version": 1, "equalise": {"side": "x"}}'),
    ],
)
def test_damaged_splits_are_named(file: str, content: bytes, tmp_path: Path):
    folder = tmp_path / "splits"
    folder.mkdir()
    (folder / "metadata.json").write_text('{"version": 1}')
    (folder / "train.json").write_text("[]")
    (folder / file).write_bytes(content)
    with pytest.raises(ValueError, match=rf"{file}.*run manage.py prepare_genimage again"):
        (read_split(tmp_path, "train"), read_equalise(tmp_path))


def test_command_line_takes_the_options_of_the_issue(tmp_path: Path):
    fill(tmp_path / "data", 4, 3)
    save(tmp_path / "data" / "ai_images" / "sdxl" / "x.jpg", 77)
    done = run_python(
        *("manage.py", "prepare_genimage", "--data-dir", str(tmp_path / "data")),
        *("--val-split", "0.2", "--test-split", "0.2", "--seed", "7", "--equalise"),
        *("--holdout-generator", "sdxl", "--workers", "1"),
        data_dir=tmp_path / "own",
    )
    assert done.returncode == 0, done.stderr
    metadata = read_splits_metadata(tmp_path / "data")
    assert (metadata["seed"], metadata["holdout_generators"]) == (7, ["sdxl"])
    assert metadata["equalise"] == {"side": 80}
