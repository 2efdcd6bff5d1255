from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from engine.runtime.errors import BadInputError, MissingFileError, NetworkError
from engine.runtime.job import Job
from engine.validation import features_download
from engine.validation.features_catalogue import (
    KNOWN,
    DownloadExtractorRequest,
    downloads,
    find_extractors,
    known,
)
from tests.engine.web import Site, serve

COMMIT = "c0ffee"
FILES = {
    "config.json": b'{"model_type": "clip"}',
    "preprocessor_config.json": b"{}",
    "model.safetensors": b"weights" * 90_000,
    "vocab.json": b"{}",
    "merges.txt": b"a b",
    # What nobody asked for stays where it is.
    "open_clip_model.safetensors": b"twice",
    "pytorch_model.bin": b"pickled",
    "README.md": b"# CLIP",
}


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("STYLEKILN_HOME", str(tmp_path))
    return tmp_path


@pytest.fixture
def site():
    with serve() as site:
        yield site


def offer(site: Site, repo: str, files: dict[str, bytes]) -> None:
    siblings = []
    for name, data in files.items():
        site.files[f"/{repo}/resolve/{COMMIT}/{name}"] = data
        entry = {"rfilename": name, "size": len(data)}
        if name.endswith(".safetensors"):
            entry["lfs"] = {"sha256": hashlib.sha256(data).hexdigest()}
        else:
            entry["blobId"] = hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()
        siblings.append(entry)
    listing = json.dumps({"sha": COMMIT, "siblings": siblings}).encode()
    site.files[f"/api/models/{repo}/revision/main?blobs=true"] = listing


def request(site: Site, name: str = "clip-vit-b-32") -> DownloadExtractorRequest:
    return DownloadExtractorRequest(extractor=name, endpoint=site.url)


def test_weights_configs_and_tokenizer_come_and_nothing_else(site: Site) -> None:
    wanted = known("clip-vit-b-32")
    offer(site, wanted.repo, FILES)
    site.cuts = [10**6] * 5 + [300_000]  # the weights come in two parts
    job = Job.detached()
    assert features_download.run(request(site), job) == str(wanted.folder)
    found = {path.name: path.read_bytes() for path in wanted.folder.iterdir()}
    assert found == {name: data for name, data in FILES.items() if name in found}
    assert set(found) == set(list(FILES)[:5])
    told = [event.data for event in job.handle.take_events()]
    assert {"id": "clip-vit-b-32", "folder": str(wanted.folder)} in told
    assert find_extractors() == [wanted.folder]


def test_a_model_without_safetensors_is_not_taken(site: Site) -> None:
    wanted = known("dinov2-small")
    offer(site, wanted.repo, {"config.json": b"{}", "pytorch_model.bin": b"pickled"})
    with pytest.raises(NetworkError, match="did not answer as expected"):
        features_download.run(request(site, "dinov2-small"), Job.detached())
    assert not wanted.folder.exists()


def test_what_is_wrong_is_said_in_one_sentence(site: Site) -> None:
    with pytest.raises(BadInputError, match="is not an extractor"):
        features_download.run(request(site, "../evil"), Job.detached())
    with pytest.raises(MissingFileError):
        features_download.run(request(site), Job.detached())
    wanted = known("clip-vit-b-32")
    offer(site, wanted.repo, FILES)
    site.files[f"/{wanted.repo}/resolve/{COMMIT}/model.safetensors"] = b"weighty" * 90_000
    with pytest.raises(NetworkError, match="not the file that was announced"):
        features_download.run(request(site), Job.detached())
    assert find_extractors() == []


def test_the_catalogue_tells_what_a_user_wants_to_know_before() -> None:
    assert len({item.id for item in KNOWN}) == len(KNOWN)
    for item in KNOWN:
        assert item.label
        assert item.licence
        assert item.megabytes > 0
        assert item.folder.parent == downloads()
    assert [item.id for item in KNOWN if item.reads_prompts] == ["clip-vit-b-32"]


def test_extractors_are_found_in_folders_by_what_lies_there(tmp_path: Path) -> None:
    (tmp_path / "mine" / "dino").mkdir(parents=True)
    for name, data in FILES.items():
        (tmp_path / "mine" / "dino" / name).write_bytes(data)
    (tmp_path / "mine" / "sscd.torchscript.pt").write_bytes(b"")
    (tmp_path / "mine" / "other").mkdir()
    (tmp_path / "mine" / "other" / "config.json").write_text("[" * 9000)
    found = find_extractors([tmp_path / "mine", tmp_path / "missing"])
    assert [path.name for path in found] == ["dino", "sscd.torchscript.pt"]
