"""A tool that is stopped half-way ends at its next layer, and leaves no file and no part of one."""

from __future__ import annotations

import pytest

from engine.models.family import STARTER_FOLDER
from engine.models.loading import load_model
from engine.models.tools import bake, convert, edit_metadata, extract, merge, resize, verify
from engine.models.tools.requests import (
    BakeRequest,
    ConvertRequest,
    EditRequest,
    ExtractRequest,
    MergeRequest,
    ResizeRequest,
    VerifyRequest,
)
from engine.runtime.errors import JobCancelled
from engine.runtime.job import Job, JobHandle
from tests.engine.models.conftest import CPU
from tests.engine.models.tools.conftest import random_lora

MADE = {
    "merge": (merge.run, MergeRequest, {}),
    "resize": (resize.run, ResizeRequest, {"rank": 2}),
    "extract": (extract.run, ExtractRequest, {"rank": 2}),
    "bake": (bake.run, BakeRequest, {}),
    "convert": (convert.run, ConvertRequest, {"naming": "diffusers"}),
    "edit": (edit_metadata.run, EditRequest, {"put": (("ss_output_name", "x"),)}),
    "verify": (verify.run, VerifyRequest, {}),
}


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Two LoRAs for the starter."""
    folder, model = tmp_path_factory.mktemp("loras"), load_model("starter", **CPU)
    return [str(random_lora(model, folder / f"{n}.safetensors", n)) for n in (1, 2)]


class Watched(Job):
    """Is stopped at the breath of a number."""

    def __init__(self, request, last=None):
        super().__init__(JobHandle(request))
        self.breaths, self._end = 0, last

    def breathe(self):
        self.breaths += 1
        if self.breaths == self._end:
            self.handle.cancel()
        super().breathe()


def request_of(tool, files, out):
    _, kind, values = MADE[tool]
    given = {
        "merge": {"files": files, "ratios": (1.0, 0.5)},
        "extract": {"base": str(STARTER_FOLDER), "tuned": str(out.parent / "tuned")},
        "bake": {"model": str(STARTER_FOLDER), "files": files[:1]},
    }.get(tool, {"file": files[0]})
    place = {} if tool == "verify" else {"out": str(out)}
    return kind(**given, **place, **values)


@pytest.mark.parametrize("tool", MADE)
def test_a_tool_that_is_stopped_leaves_no_file(tool, files, tmp_path):
    handler = MADE[tool][0]
    if tool == "extract":
        tuned = BakeRequest(model=str(STARTER_FOLDER), files=files[:1], out=str(tmp_path / "tuned"))
        bake.run(tuned, Watched(tuned))
    before = sorted(tmp_path.rglob("*"))
    out = tmp_path / ("made" if tool == "bake" else "made.safetensors")
    request = request_of(tool, files, out)
    whole = Watched(request)
    handler(request, whole)
    made = sorted(set(tmp_path.rglob("*")) - set(before), reverse=True)
    assert bool(made) == (tool != "verify")
    for path in made:
        path.rmdir() if path.is_dir() else path.unlink()
    stops = {1, max(1, whole.breaths // 2), whole.breaths}
    for stop in stops:
        job = Watched(request, stop)
        with pytest.raises(JobCancelled):
            handler(request, job)
        assert job.breaths == stop
        assert sorted(tmp_path.rglob("*")) == before
