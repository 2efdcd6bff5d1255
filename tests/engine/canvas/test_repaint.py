from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from engine.canvas import repaint_job
from engine.canvas.document import Document
from engine.canvas.rect import Rect
from engine.canvas.repaint import RepaintRequest, request_of
from engine.canvas.selection import ellipse
from engine.imaging.decode import load_rgba
from engine.models.loading import load_model
from engine.runtime.errors import BadInputError, JobCancelled, PictureError
from engine.runtime.job import Job, request_from_record
from engine.sampling.picture_text import read_infotext
from engine.sampling.request import ImageRequest


@pytest.fixture(scope="module")
def starter():
    return load_model("starter", device=torch.device("cpu"), dtype=torch.float32)


@pytest.fixture(autouse=True)
def _one_host(starter, monkeypatch: pytest.MonkeyPatch) -> None:
    class Host:
        def get(self, ref: str):
            assert ref == "starter"
            return starter

    monkeypatch.setattr(repaint_job, "host", Host)


def drawing(width: int, height: int) -> np.ndarray:
    picture = np.random.default_rng(4).integers(0, 256, (height, width, 4), np.uint8)
    picture[..., 3] = 255
    return picture


def request(tmp_path: Path, picture: np.ndarray, **values) -> RepaintRequest:
    Image.fromarray(picture).save(tmp_path / "picture.png")
    image = ImageRequest(
        prompt="red apple, flat icon, white background", steps=3, strength=0.7, count=2, seed=5
    )
    image = image.model_copy(update=values.pop("image", {}))
    return RepaintRequest(picture=str(tmp_path / "picture.png"), image=image, **values)


def accepted(picture: np.ndarray, candidate) -> np.ndarray:
    document = Document(picture.shape[1], picture.shape[0])
    document.add_layer("paper", picture)
    document.add_layer("candidate", candidate.pixels, x=candidate.x, y=candidate.y)
    return document.composite()


@pytest.mark.parametrize(
    ("size", "rect"),
    [
        ((201, 163), Rect(61, 47, 45, 37)),
        ((201, 163), Rect(150, 120, 51, 43)),
        ((75, 50), Rect(0, 0, 21, 19)),
        ((330, 40), Rect(200, 0, 33, 40)),
    ],
)
def test_every_candidate_is_exact_outside_its_mask(
    tmp_path: Path, size: tuple[int, int], rect: Rect
) -> None:
    picture = drawing(*size)
    job = Job.detached()
    result = repaint_job.run(request(tmp_path, picture, rect=tuple(rect)), job)
    assert [candidate.seed for candidate in result.candidates] == [5, 6]
    for candidate in result.candidates:
        after = accepted(picture, candidate)
        height, width = candidate.pixels.shape[:2]
        covered = np.zeros(picture.shape[:2], bool)
        place = Rect(candidate.x, candidate.y, width, height)
        covered[place.slices] = candidate.pixels[..., 3] > 0
        assert covered[rect.slices].all()
        np.testing.assert_array_equal(after[~covered], picture[~covered])
        assert (after[rect.slices] != picture[rect.slices]).any()


def test_candidates_arrive_as_events_with_all_that_made_them(tmp_path: Path) -> None:
    mask = ellipse((160, 140), Rect(40, 40, 50, 50))
    Image.fromarray(mask.read(Rect(0, 0, 160, 140))).save(tmp_path / "mask.png")
    job = Job.detached()
    asked = request(
        tmp_path, drawing(160, 140), mask=str(tmp_path / "mask.png"), folder=str(tmp_path / "kept")
    )
    result = repaint_job.run(asked, job)
    events = [event for event in job.handle.take_events() if event.kind == "candidate.done"]
    assert [event.data["index"] for event in events] == [0, 1]
    for event, candidate in zip(events, result.candidates, strict=True):
        data = event.data
        np.testing.assert_array_equal(load_rgba(Path(data["path"])), candidate.pixels)
        assert (data["x"], data["y"], data["seed"]) == (candidate.x, candidate.y, candidate.seed)
        infotext = read_infotext(Path(data["path"]))
        assert infotext is not None
        assert infotext.prompt.startswith("red apple")
        assert infotext.settings["Denoising strength"] == "0.7"
        assert data["recipe"]["model_hash"]
        again = request_of(data["recipe"])
        assert again.image.seed == candidate.seed


def test_a_candidate_can_be_made_again_from_its_recipe(tmp_path: Path) -> None:
    picture = drawing(160, 140)
    first = repaint_job.run(request(tmp_path, picture, rect=(40, 40, 50, 50)), Job.detached())
    again = repaint_job.run(request_of(first.candidates[1].recipe), Job.detached())
    one, other = again.candidates[0], first.candidates[1]
    assert (one.x, one.y) == (other.x, other.y)
    difference = np.abs(one.pixels.astype(int) - other.pixels.astype(int))
    assert difference.max() <= 1


def test_the_chosen_frame_is_what_the_model_sees(tmp_path: Path) -> None:
    asked = request(
        tmp_path,
        drawing(300, 200),
        rect=(100, 80, 40, 40),
        frame=(60, 40, 120, 120),
        image={"count": 1},
    )
    result = repaint_job.run(asked, Job.detached())
    assert result.frame == Rect(60, 40, 120, 120)
    assert result.work_size == (128, 128)


def test_without_a_selection_the_whole_picture_is_painted(tmp_path: Path) -> None:
    result = repaint_job.run(request(tmp_path, drawing(64, 64), image={"count": 1}), Job.detached())
    assert result.candidates[0].pixels.shape == (64, 64, 4)
    assert (result.candidates[0].pixels[..., 3] == 255).all()


def test_a_cancelled_repaint_stops_and_keeps_nothing_open(tmp_path: Path) -> None:
    job = Job.detached()
    job.handle.state = "running"
    job.handle.cancel()
    with pytest.raises(JobCancelled):
        repaint_job.run(request(tmp_path, drawing(64, 64), rect=(10, 10, 20, 20)), job)


def test_empty_foreign_and_damaged_input_is_refused_in_one_sentence(tmp_path: Path) -> None:
    black = np.zeros((64, 64), np.uint8)
    Image.fromarray(black).save(tmp_path / "black.png")
    Image.fromarray(black[:30]).save(tmp_path / "small.png")
    picture = drawing(64, 64)
    for name, sentence in (("black", "selection is empty"), ("small", "another size")):
        asked = request(tmp_path, picture, mask=str(tmp_path / f"{name}.png"))
        with pytest.raises(BadInputError, match=sentence):
            repaint_job.run(asked, Job.detached())
    asked = request(tmp_path, picture, rect=(0, 0, 9, 9), frame=(40, 40, 16, 16))
    with pytest.raises(BadInputError, match="does not show"):
        repaint_job.run(asked, Job.detached())
    asked = request(tmp_path, picture, rect=(0, 0, 9, 9))
    (tmp_path / "picture.png").write_bytes(b"\x89PNG\r\n\x1a\nnothing")
    with pytest.raises(PictureError):
        repaint_job.run(asked, Job.detached())


def test_the_request_survives_the_queue_and_can_be_made_smaller(tmp_path: Path) -> None:
    asked = request(tmp_path, drawing(16, 16), rect=(1, 2, 3, 4), grow=0)
    assert request_from_record(asked.to_record()) == asked
    smaller = asked.smaller()
    assert smaller is not None
    assert smaller.image.batch_size == 2


def test_the_part_in_the_frame_is_enough_of_a_large_document(tmp_path: Path) -> None:
    picture, rect = drawing(700, 500), Rect(420, 300, 40, 30)
    whole = repaint_job.run(request(tmp_path, picture, rect=tuple(rect)), Job.detached())
    frame = whole.frame
    part = request(
        tmp_path,
        picture[frame.slices],
        rect=tuple(rect),
        frame=tuple(frame),
        origin=(frame.x, frame.y),
        document=(700, 500),
    )
    result = repaint_job.run(part, Job.detached())
    assert result.frame == frame
    for one, other in zip(whole.candidates, result.candidates, strict=True):
        assert (one.x, one.y) == (other.x, other.y)
        np.testing.assert_array_equal(one.pixels, other.pixels)
    automatic = part.model_copy(update={"frame": None})
    assert repaint_job.run(automatic, Job.detached()).frame == frame
    with pytest.raises(BadInputError, match="does not show all"):
        repaint_job.run(part.model_copy(update={"origin": (frame.x + 9, frame.y)}), Job.detached())
