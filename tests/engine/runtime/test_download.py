"""Downloads from a server on this machine that breaks off, redirects, refuses and lies."""

from __future__ import annotations

import errno
import hashlib
import shutil
from collections import namedtuple

import numpy as np
import pytest

from engine.runtime import download as downloads
from engine.runtime.download import RemoteFile, download, read_json
from engine.runtime.errors import JobCancelled, MissingFileError, NetworkError, StorageError
from engine.runtime.job import Job
from tests.engine.web import serve

DATA = np.random.default_rng(0).bytes(700_000)
SHA = hashlib.sha256(DATA).hexdigest()
SIZE = len(DATA)


@pytest.fixture
def site():
    with serve() as site:
        site.files["/model.onnx"] = DATA
        yield site


@pytest.fixture(autouse=True)
def _no_long_waits(monkeypatch):
    monkeypatch.setattr(downloads, "_wait", lambda attempt, breathe: breathe())


def remote(site, folder, path="/model.onnx", digest=f"sha256:{SHA}", size=SIZE):
    return RemoteFile(site.url + path, folder / path.rpartition("/")[2], size, digest)


def parts(folder):
    return sorted(path for path in folder.rglob("*.part"))


def test_a_file_comes_whole_and_no_part_of_it_is_left(site, tmp_path):
    job = Job.detached()
    download([remote(site, tmp_path / "new")], job)
    assert (tmp_path / "new" / "model.onnx").read_bytes() == DATA
    assert parts(tmp_path) == []
    assert job.handle.progress.fraction == 1.0


def test_a_cut_connection_is_taken_up_where_it_broke_off(site, tmp_path):
    site.cuts = [100_000, 250_000]
    download([remote(site, tmp_path)], Job.detached())
    assert (tmp_path / "model.onnx").read_bytes() == DATA
    assert [ranges for _, ranges in site.asked] == ["", "bytes=100000-", "bytes=350000-"]


def test_after_giving_up_the_next_try_goes_on_with_what_has_come(site, tmp_path):
    site.cuts = [300_000, 0, 0, 0, 0]
    with pytest.raises(NetworkError, match="cannot be reached"):
        download([remote(site, tmp_path)], Job.detached())
    assert [part.read_bytes() for part in parts(tmp_path)] == [DATA[:300_000]]
    assert not (tmp_path / "model.onnx").exists()
    site.asked.clear()
    download([remote(site, tmp_path)], Job.detached())
    assert site.asked == [("/model.onnx", "bytes=300000-")]
    assert (tmp_path / "model.onnx").read_bytes() == DATA


def test_a_server_without_ranges_sends_everything_again(site, tmp_path):
    site.cuts, site.knows_ranges = [300_000], False
    download([remote(site, tmp_path)], Job.detached())
    assert (tmp_path / "model.onnx").read_bytes() == DATA


def test_a_redirect_is_followed_with_the_range(site, tmp_path):
    site.redirects["/moved"] = f"{site.url}/model.onnx"
    site.cuts = [200_000]
    download([remote(site, tmp_path, "/moved")], Job.detached())
    assert (tmp_path / "moved").read_bytes() == DATA
    assert ("/model.onnx", "bytes=200000-") in site.asked


def test_a_wrong_file_is_refused_and_not_kept(site, tmp_path):
    site.files["/model.onnx"] = DATA[:-1] + b"?"
    with pytest.raises(NetworkError, match=r"model\.onnx is not the file that was announced"):
        download([remote(site, tmp_path)], Job.detached())
    assert list(tmp_path.iterdir()) == []


def test_a_spoiled_part_costs_only_itself(site, tmp_path):
    site.cuts = [300_000, 0, 0, 0, 0]
    with pytest.raises(NetworkError):
        download([remote(site, tmp_path)], Job.detached())
    parts(tmp_path)[0].write_bytes(b"x" * 300_000)
    download([remote(site, tmp_path)], Job.detached())
    assert (tmp_path / "model.onnx").read_bytes() == DATA


def test_more_than_was_announced_is_refused(site, tmp_path):
    with pytest.raises(NetworkError, match="not the file that was announced"):
        download([remote(site, tmp_path, size=500_000)], Job.detached())
    assert not (tmp_path / "model.onnx").exists()


def test_a_small_file_is_checked_the_way_git_names_it(site, tmp_path):
    site.files["/tags.csv"] = b"hello\n"
    good = "git:ce013625030ba8dba906f756967f9e9ca394464a"  # git hash-object says so
    download([remote(site, tmp_path, "/tags.csv", good, 6)], Job.detached())
    assert (tmp_path / "tags.csv").read_bytes() == b"hello\n"
    site.files["/tags.csv"] = b"hullo\n"
    (tmp_path / "tags.csv").unlink()
    with pytest.raises(NetworkError):
        download([remote(site, tmp_path, "/tags.csv", good, 6)], Job.detached())


def test_what_the_server_does_not_have_is_told_at_once(site, tmp_path):
    with pytest.raises(MissingFileError, match=r"does not have gone\.onnx"):
        download([remote(site, tmp_path, "/gone.onnx")], Job.detached())
    assert len(site.asked) == 1


def test_a_server_that_is_busy_is_asked_again(site, tmp_path):
    site.statuses = [503, 429, 200]
    download([remote(site, tmp_path)], Job.detached())
    assert (tmp_path / "model.onnx").read_bytes() == DATA


def test_a_refusal_is_one_sentence(site, tmp_path):
    site.statuses = [401]
    with pytest.raises(NetworkError, match=r"refuses the download \(status 401\)"):
        download([remote(site, tmp_path)], Job.detached())


def test_nobody_at_the_address_is_one_sentence(tmp_path):
    file = RemoteFile("http://127.0.0.1:9/model.onnx", tmp_path / "model.onnx", 3)
    with pytest.raises(NetworkError, match=r"127\.0\.0\.1:9 cannot be reached"):
        download([file], Job.detached())


def test_cancelling_keeps_what_has_come(site, tmp_path, monkeypatch):
    monkeypatch.setattr(downloads, "_CHUNK", 50_000)
    job = Job.detached()
    report = job.progress

    def stop_after_a_third(step, total, text="", **facts):
        report(step, total, text, **facts)
        if sum(part.stat().st_size for part in parts(tmp_path)) > len(DATA) / 3:
            job.handle.cancel()

    job.progress = stop_after_a_third
    with pytest.raises(JobCancelled):
        download([remote(site, tmp_path)], job)
    kept = parts(tmp_path)[0].stat().st_size
    assert len(DATA) / 3 < kept < len(DATA)
    site.asked.clear()
    download([remote(site, tmp_path)], Job.detached())
    assert site.asked == [("/model.onnx", f"bytes={kept}-")]
    assert (tmp_path / "model.onnx").read_bytes() == DATA


def test_a_file_that_is_there_is_not_fetched_again(site, tmp_path):
    (tmp_path / "model.onnx").write_bytes(DATA)
    download([remote(site, tmp_path)], Job.detached())
    assert site.asked == []


def test_a_disk_too_small_is_told_before_anything_is_fetched(site, tmp_path, monkeypatch):
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda place: usage(1, 1, 100_000))
    with pytest.raises(StorageError, match="needs 1 MB; 0 MB are free"):
        download([remote(site, tmp_path)], Job.detached())
    assert site.asked == []


def test_a_disk_that_fills_up_on_the_way_keeps_what_has_come(site, tmp_path, monkeypatch):
    site.cuts = [200_000]
    write = downloads._write

    def full(stream, part, chunk):
        if len(site.asked) > 1:
            with downloads.storage_errors(part):
                raise OSError(errno.ENOSPC, "No space left on device")
        write(stream, part, chunk)

    monkeypatch.setattr(downloads, "_write", full)
    with pytest.raises(StorageError, match="The disk is full"):
        download([remote(site, tmp_path)], Job.detached())
    assert parts(tmp_path)[0].read_bytes() == DATA[:200_000]


def test_an_answer_that_is_no_json_is_told(site):
    site.files["/api"] = b"<html>please sign in</html>"
    with pytest.raises(NetworkError, match="did not answer as expected"):
        read_json(f"{site.url}/api", Job.detached())
    site.files["/api"] = b'{"sha": "1"}'
    assert read_json(f"{site.url}/api", Job.detached()) == {"sha": "1"}
