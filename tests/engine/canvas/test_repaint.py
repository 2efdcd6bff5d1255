from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from engine.canvas import repaint_job
from engine.canvas.cutting import cut_out
from engine.canvas.document import Document
from engine.canvas.rect import Rect
from engine.canvas.repaint import RepaintRequest, request_of
from engine.canvas.selection import ellipse
from engine.imaging.decode import load_rgba
from engine.models.loading import load_model
from engine.runtime.errors import BadInputError, JobCancelled, OutOfMemoryError, PictureError
from engine.runtime.job import Job, request_from_record
from engine.runtime.thread import Engine
from engine.sampling import generate
from engine.sampling.picture_text import read_infotext
from engine.sampling.pipeline import sample
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


def test_a_blank_canvas_at_full_strength_is_painted_as_from_nothing(
    tmp_path: Path, starter
) -> None:
    blank = np.full((128, 128, 4), 255, np.uint8)
    values = {"strength": 1.0, "count": 1, "steps": 3}
    asked = request(tmp_path, blank, image=values)
    painted = repaint_job.run(asked, Job.detached()).candidates[0].pixels
    (plain,) = sample(starter, asked.image, job=Job.detached())
    np.testing.assert_array_equal(painted[..., :3], plain)
    kept = asked.model_copy(update={"fill": "keep"})
    leaking = repaint_job.run(kept, Job.detached()).candidates[0].pixels
    assert (leaking[..., :3] != plain).any()


def test_what_lies_beyond_the_canvas_is_painted_and_fits_to_its_border(tmp_path: Path) -> None:
    picture = drawing(160, 120)
    asked = request(tmp_path, picture, frame=(80, -40, 160, 160), image={"strength": 1.0})
    for candidate in repaint_job.run(asked, Job.detached()).candidates:
        place = Rect(candidate.x, candidate.y, *candidate.pixels.shape[1::-1])
        assert place.intersected(Rect(80, -40, 160, 160)) == place
        assert (place.right, place.y) == (240, -40)
        alpha = np.zeros((160, 160), np.uint8)
        alpha[place.moved(-80, 40).slices] = candidate.pixels[..., 3]
        beyond = np.ones((160, 160), bool)
        beyond[40:160, 0:80] = False
        assert (alpha[beyond] == 255).all()
        assert not alpha[70:, :40].any()
        document = Document(160, 120)
        document.add_layer("paper", picture)
        document.add_layer("more", candidate.pixels, x=candidate.x, y=candidate.y)
        inside = alpha[40:, :80] == 0
        after = document.composite(Rect(80, 0, 80, 120))
        np.testing.assert_array_equal(after[inside], picture[:, 80:][inside])


def test_extending_starts_from_the_border_of_the_picture(tmp_path: Path) -> None:
    picture = np.full((128, 96, 4), 255, np.uint8)
    picture[..., :3] = (30, 160, 90)
    asked = request(tmp_path, picture, frame=(32, 0, 128, 128))
    cut = cut_out(asked, 128)
    assert cut.work_size == (128, 128)
    np.testing.assert_array_equal(cut.original[:, :64], picture[:, 32:, :3])
    assert np.abs(cut.start.astype(int) - (30, 160, 90)).max() <= 2
    assert (cut.denoise[:, 64:] == 255).all()
    assert not cut.denoise[:, :8].any()
    with_selection = asked.model_copy(update={"rect": (40, 20, 10, 10)})
    assert (cut_out(with_selection, 128).denoise[20:30, 8:18] == 255).all()
    beside = asked.model_copy(update={"frame": (200, 0, 64, 64)})
    with pytest.raises(BadInputError, match="does not touch the canvas"):
        cut_out(beside, 128)


def test_a_selection_outside_the_canvas_is_refused_and_one_pixel_is_enough(tmp_path: Path) -> None:
    picture = drawing(64, 64)
    asked = request(tmp_path, picture, rect=(500, 500, 20, 20))
    with pytest.raises(BadInputError, match="selection is empty"):
        repaint_job.run(asked, Job.detached())
    one = asked.model_copy(update={"rect": (63, 0, 1, 1)})
    (first, _) = repaint_job.run(one, Job.detached()).candidates
    assert first.pixels[0, 63 - first.x, 3] == 255


def test_nothing_is_needed_of_a_prompt_to_take_an_object_away(tmp_path: Path) -> None:
    picture = np.full((128, 128, 4), 255, np.uint8)
    picture[..., :3] = (60, 90, 150)
    picture[50:80, 50:80, :3] = (255, 30, 30)
    image = {"prompt": "", "strength": 0.4, "count": 1}
    asked = request(tmp_path, picture, rect=(44, 44, 42, 42), fill="patch", image=image)
    asked = asked.model_copy(update={"frame": (0, 0, 128, 128)})
    cut = cut_out(asked, 128)
    assert np.abs(cut.start[50:80, 50:80].astype(int) - (60, 90, 150)).max() <= 2
    assert (cut.original[50:80, 50:80] == (255, 30, 30)).all()
    pixels = repaint_job.run(asked, Job.detached()).candidates[0].pixels
    middle = pixels[20:40, 20:40, :3].astype(int)
    assert (middle[..., 0] < 180).mean() > 0.9


class RunsOut:
    """Paints with the model as long as memory lasts: it runs out at a picture, once or always."""

    def __init__(self, at: int, batch: int) -> None:
        self.at, self.batch, self.asked = at, batch, []

    def __call__(self, model, image, *, shots, on_picture, **rest):
        self.asked.append([shot.seed for shot in shots])

        def done(number, shot, array):
            if shot.seed >= self.at and image.batch_size >= self.batch:
                raise RuntimeError("CUDA out of memory. Tried to allocate 1 GiB")
            on_picture(number, shot, array)

        return sample(model, image, shots=shots, on_picture=done, **rest)


def through_the_engine(asked: RepaintRequest):
    engine = Engine(threads=1).start()
    handle = engine.submit(asked)
    try:
        error = handle.exception(120)
    finally:
        engine.close()
    done = [event.data for event in handle.take_events() if event.kind == "candidate.done"]
    return handle, error, [(data["index"], data["seed"]) for data in done]


def test_out_of_memory_goes_on_with_fewer_at_once_and_keeps_what_is_painted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs_out = RunsOut(at=6, batch=2)
    monkeypatch.setattr(generate, "sample", runs_out)
    asked = request(tmp_path, drawing(64, 64), rect=(10, 10, 20, 20), image={"batch_size": 2})
    asked = asked.model_copy(update={"image": asked.image.model_copy(update={"count": 3})})
    handle, error, done = through_the_engine(asked)
    assert error is None
    assert done == [(0, 5), (1, 6), (2, 7)]
    assert runs_out.asked == [[5, 6, 7], [6, 7]]
    assert [one.seed for one in handle.result().candidates] == [5, 6, 7]


def test_out_of_memory_for_good_is_told_in_one_sentence_and_ready_candidates_stay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(generate, "sample", RunsOut(at=6, batch=1))
    asked = request(tmp_path, drawing(64, 64), rect=(10, 10, 20, 20))
    _, error, done = through_the_engine(asked)
    assert isinstance(error, OutOfMemoryError)
    assert str(error).startswith("Out of memory.")
    assert done == [(0, 5)]
