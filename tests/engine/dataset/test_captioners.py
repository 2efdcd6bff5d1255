"""Recognising a captioner by its files, and downloading one that is known."""

from __future__ import annotations

import hashlib
import json

import pytest

from engine.dataset import tagging_download
from engine.dataset.captioners import KNOWN, find_captioners, known, recognize
from engine.dataset.tagging import DownloadCaptionerRequest
from engine.dataset.tagging_download import endpoint
from engine.runtime.errors import BadInputError, MissingFileError, ModelFileError, NetworkError
from engine.runtime.job import Job, request_from_record
from tests.engine.dataset.onnx_file import color_tagger
from tests.engine.web import serve


def transformers_folder(folder, config):
    folder.mkdir(parents=True)
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    for name in ("model.safetensors", "tokenizer.json", "preprocessor_config.json"):
        (folder / name).write_bytes(b"{}")
    return folder


def test_each_kind_is_told_by_its_files(tmp_path):
    assert recognize(color_tagger(tmp_path / "a")).kind == "wd"
    assert recognize(transformers_folder(tmp_path / "b", {"model_type": "blip"})).kind == "blip"
    florence = recognize(transformers_folder(tmp_path / "c", {"model_type": "florence2"}))
    assert (florence.kind, florence.writes_tags, florence.name) == ("florence", False, "c")


@pytest.mark.parametrize(
    "name", ["model.safetensors", "tokenizer.json", "preprocessor_config.json"]
)
def test_a_missing_part_is_named(tmp_path, name):
    (transformers_folder(tmp_path / "b", {"model_type": "blip"}) / name).unlink()
    with pytest.raises(MissingFileError, match="is missing in"):
        recognize(tmp_path / "b")


@pytest.mark.parametrize("name", ["model.onnx", "selected_tags.csv"])
def test_a_tagger_needs_both_files(tmp_path, name):
    (color_tagger(tmp_path / "a") / name).unlink()
    with pytest.raises(MissingFileError, match=f"{name} is missing"):
        recognize(tmp_path / "a")


def test_florence_in_its_first_form_is_refused_because_it_brings_code(tmp_path):
    config = {"model_type": "florence2", "auto_map": {"AutoConfig": "configuration_florence2.X"}}
    with pytest.raises(ModelFileError, match="needs code of its own, which is never run"):
        recognize(transformers_folder(tmp_path / "f", config))


def test_a_folder_of_something_else_says_what_fits(tmp_path):
    with pytest.raises(ModelFileError, match=r"model\.onnx and selected_tags\.csv"):
        recognize(tmp_path)
    with pytest.raises(ModelFileError, match="holds no model that writes captions"):
        recognize(transformers_folder(tmp_path / "x", {"model_type": "bert"}))
    with pytest.raises(MissingFileError):
        recognize(tmp_path / "nowhere")


def test_captioners_are_found_in_and_inside_the_users_folders(tmp_path):
    color_tagger(tmp_path / "models" / "mine")
    color_tagger(tmp_path / "single")
    (tmp_path / "models" / "empty").mkdir()
    downloaded = color_tagger(known("wd-vit-tagger-v3").folder)
    found = find_captioners([tmp_path / "models", tmp_path / "single", tmp_path / "gone"])
    assert [one.folder for one in found] == [
        downloaded, tmp_path / "models" / "mine", tmp_path / "single",
    ]  # fmt: skip
    assert found[0].name == "WD ViT v3"


def test_every_known_captioner_has_an_id_of_its_own():
    assert len({one.id for one in KNOWN}) == len(KNOWN)
    assert {one.kind for one in KNOWN} == {"wd", "blip", "florence"}


def publish(site, repo, files):
    """Put a repository on the site as the hub lists it: large files by SHA-256."""
    siblings = []
    for name, data in files.items():
        blob = hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()
        entry = {"rfilename": name, "size": len(data), "blobId": blob}
        if name.endswith((".onnx", ".safetensors", ".bin", ".h5")):
            entry["lfs"] = {"sha256": hashlib.sha256(data).hexdigest(), "size": len(data)}
        siblings.append(entry)
        site.files[f"/{repo}/resolve/abc123/{name}"] = data
    listing = {"sha": "abc123", "siblings": siblings}
    site.files[f"/api/models/{repo}/revision/main?blobs=true"] = json.dumps(listing).encode()


@pytest.fixture
def site():
    with serve() as site:
        yield site


def test_a_tagger_is_downloaded_from_a_mirror_and_can_be_used(site, tmp_path):
    made = color_tagger(tmp_path / "made")
    files = {path.name: path.read_bytes() for path in made.iterdir()}
    publish(site, "SmilingWolf/wd-vit-tagger-v3", files | {"model.msgpack": b"not wanted"})
    job = Job.detached()
    request = DownloadCaptionerRequest(captioner="wd-vit-tagger-v3", endpoint=site.url + "/")
    folder = tagging_download.run(request, job)
    assert recognize(known("wd-vit-tagger-v3").folder).kind == "wd"
    assert (known("wd-vit-tagger-v3").folder / "model.onnx").read_bytes() == files["model.onnx"]
    assert not any("msgpack" in path for path, _ in site.asked)
    assert job.handle.take_events()[0].data == {"id": "wd-vit-tagger-v3", "folder": folder}


def test_a_sentence_model_comes_with_tokenizer_and_safe_weights(site):
    publish(
        site,
        "florence-community/Florence-2-base",
        {
            "config.json": b'{"model_type": "florence2"}',
            "model.safetensors": b"weights",
            "pytorch_model.bin": b"pickle",
            "tokenizer.json": b"{}",
            "vocab.txt": b"a",
            "preprocessor_config.json": b"{}",
            "README.md": b"#",
            "onnx/model.onnx": b"other",
        },
    )
    request = DownloadCaptionerRequest(captioner="florence-2-base", endpoint=site.url)
    tagging_download.run(request, Job.detached())
    names = sorted(path.name for path in known("florence-2-base").folder.iterdir())
    assert names == [
        "config.json", "model.safetensors", "preprocessor_config.json", "tokenizer.json",
        "vocab.txt",
    ]  # fmt: skip


def test_weights_come_as_a_pickle_only_where_there_is_nothing_else(site):
    files = dict.fromkeys(("config.json", "vocab.txt", "preprocessor_config.json"), b"{}")
    files |= {
        "config.json": b'{"model_type": "blip"}',
        "pytorch_model.bin": b"p",
        "tf_model.h5": b"t",
    }
    publish(site, "Salesforce/blip-image-captioning-base", files)
    request = DownloadCaptionerRequest(captioner="blip-base", endpoint=site.url)
    tagging_download.run(request, Job.detached())
    names = {path.name for path in known("blip-base").folder.iterdir()}
    assert "pytorch_model.bin" in names
    assert "tf_model.h5" not in names


@pytest.mark.parametrize("name", ["../../evil.json", "sub/evil.json", ".hidden.json", "a\\b.json"])
def test_a_listing_cannot_reach_outside_the_folder(site, name):
    files = dict.fromkeys(("vocab.txt", "preprocessor_config.json", "model.safetensors"), b"{}")
    publish(
        site,
        "Salesforce/blip-image-captioning-base",
        files | {"config.json": b'{"model_type": "blip"}', name: b"x"},
    )
    request = DownloadCaptionerRequest(captioner="blip-base", endpoint=site.url)
    tagging_download.run(request, Job.detached())
    assert not any("evil" in path or "hidden" in path or "b.json" in path for path, _ in site.asked)


@pytest.mark.parametrize(
    "answer", [b"{}", b'{"sha": "1", "siblings": 3}', b"[]", b'{"sha":"1","siblings":[]}']
)
def test_a_listing_of_something_else_is_one_sentence(site, answer):
    site.files["/api/models/SmilingWolf/wd-vit-tagger-v3/revision/main?blobs=true"] = answer
    request = DownloadCaptionerRequest(captioner="wd-vit-tagger-v3", endpoint=site.url)
    with pytest.raises(NetworkError, match="did not answer as expected"):
        tagging_download.run(request, Job.detached())
    assert not known("wd-vit-tagger-v3").folder.exists()


def test_the_address_is_the_chosen_one_then_the_systems_then_the_hubs(monkeypatch):
    monkeypatch.delenv("HF_ENDPOINT", raising=False)
    assert endpoint("") == "https://huggingface.co"
    monkeypatch.setenv("HF_ENDPOINT", "https://hf-mirror.com/")
    assert endpoint("") == "https://hf-mirror.com"
    assert endpoint("http://models.local/") == "http://models.local"


@pytest.mark.parametrize("address", ["file:///etc", "hf-mirror.com", "https://"])
def test_what_is_no_web_address_is_refused(address):
    with pytest.raises(BadInputError, match="no address to download from"):
        endpoint(address)


def test_only_known_captioners_are_downloaded():
    with pytest.raises(BadInputError, match="is not a captioner that can be downloaded"):
        tagging_download.run(DownloadCaptionerRequest(captioner="../evil"), Job.detached())


def test_the_queue_names_the_model():
    request = DownloadCaptionerRequest(captioner="blip-base")
    assert request.title == "Download BLIP"
    assert request_from_record(request.to_record()) == request
