"""Uploads: each one its own, limited while nobody has read them, and gone also when the server was killed."""

import asyncio
import contextlib
import errno
import os
import shutil
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.routing import Route
from starlette.testclient import TestClient

from cxr_demo.errors import ImageError
from cxr_demo.film.reading import read_image
from cxr_demo.text import upload_text
from cxr_demo.text.catalogue import format_text
from cxr_demo.ui.app import upload_route, uploads
from tests.ui.stand_ins import png

REPO = Path(__file__).parents[3]


@pytest.fixture
def folder(tmp_path):
    return tmp_path


@pytest.fixture
def intake(folder):
    """(client, folder) of the upload route alone."""
    app = Starlette(routes=[Route("/upload", upload_route.UploadRoute().receive, methods=["POST"])])
    app.uploaded_file_dir = str(folder)
    return TestClient(app)


def send(client, *names, data=b"x" * 1000):
    return client.post("/upload", files=[("files", (name, data)) for name in names])


def list_files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


# ---- each upload is its own


def test_the_same_bytes_and_name_get_a_path_each(intake, folder):
    paths = [path for _ in range(5) for path in send(intake, "a.png", "a.png").json()]
    assert len(set(paths)) == 10 and {Path(path).name for path in paths} == {"a.png"}
    for path in paths:
        with uploads.claim_upload(path, folder) as file:
            assert file.read_bytes() == b"x" * 1000 and not Path(path).exists()
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../evil.png", "evil.png"), ("/etc/passwd", "passwd"), ("..", "file"), (".", "file"), ("<b>", "b"),
        ("/", "file"), ("DOE^JANE 19700101.dcm", "DOE^JANE 19700101.dcm"), ("x" * 300 + ".png", "x" * 196 + ".png"),
    ],
)  # fmt: skip
def test_a_name_never_leads_out_of_its_folder(intake, folder, given, kept):
    (path,) = map(Path, send(intake, given).json())
    assert path.name == kept and path.parent.parent == folder and path.read_bytes()


def test_one_path_is_taken_once_however_many_ask_at_once(intake, folder):
    (path,) = send(intake, "a.png", data=png()).json()

    def take(_):
        try:
            with uploads.claim_upload(path, folder) as file:
                return read_image(file).kind
        except ImageError as error:
            return error.message

    with ThreadPoolExecutor(8) as pool:
        got = list(pool.map(take, range(16)))
    assert got.count("PNG") == 1 and got.count(str(upload_text.describe_gone_upload()[0])) == 15
    assert list(folder.iterdir()) == []


def test_only_a_fresh_upload_is_taken(intake, folder, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "a.png"
    elsewhere.write_bytes(b"x")
    (folder / "top").write_bytes(b"x")
    (folder / "link").mkdir()
    (folder / "link" / "a").symlink_to(elsewhere)
    arriving = folder / f"{upload_route.ARRIVING}x"
    arriving.mkdir()
    (arriving / "tmp1").write_bytes(b"x")
    (path,) = send(intake, "a.png").json()
    with uploads.claim_upload(path, folder) as taken:
        for bad in (
            elsewhere, f"{folder}/../{elsewhere.parent.name}/a.png", folder / "top", folder / "link" / "a", taken,
            arriving / "tmp1", folder, arriving, "/etc/passwd", "", "a\0b", "x" * 9000, f"{folder}/none/none",
        ):  # fmt: skip
            with pytest.raises(ImageError, match="no longer here"), uploads.claim_upload(str(bad), folder):
                pass
    assert elsewhere.exists() and (folder / "top").exists() and (arriving / "tmp1").exists()


def test_an_upload_that_is_deleted_meanwhile_does_no_harm(intake, folder):
    (path,) = send(intake, "a.png").json()
    with uploads.claim_upload(path, folder):
        for left in folder.iterdir():
            shutil.rmtree(left, ignore_errors=True)
            left.unlink(missing_ok=True)
    with pytest.raises(ImageError, match="no longer here"), uploads.claim_upload(path, folder):
        pass


def test_it_is_deleted_also_when_reading_it_fails(intake, folder):
    (path,) = send(intake, "a.png").json()
    with pytest.raises(RuntimeError), uploads.claim_upload(path, folder):
        raise RuntimeError
    assert list(folder.iterdir()) == []


def test_the_sweep_leaves_a_folder_whose_file_is_only_about_to_come(folder):
    (folder / "new").mkdir()
    uploads.sweep_folder(folder, 300)
    assert (folder / "new").exists()


def test_the_sweep_takes_the_empty_files_of_gradio_sooner(folder):
    (folder / "sub").mkdir()
    for name, data, age_s in (("left", b"", 30), ("new", b"", 0), ("film", b"x", 30), ("sub/empty", b"", 30)):
        (folder / name).write_bytes(data)
        os.utime(folder / name, (time.time() - age_s,) * 2)
    uploads.sweep_folder(folder, 300)
    assert sorted(path.name for path in list_files(folder)) == ["empty", "film", "new"]


# ---- how much may lie unread


def refusal(answer, status: int) -> str:
    assert answer.status_code == status and answer.headers["content-type"].startswith("text/plain")
    assert answer.text.endswith(".") and "Error" not in answer.text
    return answer.text


def test_unread_uploads_are_limited_in_bytes_and_number_for_one_and_for_all(intake, folder, monkeypatch):
    monkeypatch.setattr(upload_route, "MAX_UNREAD_FILES", 8)
    for _ in range(4):
        assert send(intake, "a.png").status_code == 200
    assert refusal(send(intake, "a.png"), 429) == format_text("upload-yours-waiting")
    monkeypatch.setattr(upload_route, "UNREAD_SHARE", 2.0)
    assert refusal(send(intake, *"abcde"), 503) == format_text("upload-others-waiting")
    assert len(list_files(folder)) == 4, "a request is taken as a whole or not at all"
    monkeypatch.setattr(upload_route, "MAX_UNREAD_FILES", 1000)
    monkeypatch.setattr(upload_route, "MAX_UNREAD_BYTES", 6000)
    assert send(intake, "a.png").status_code == 200
    assert refusal(send(intake, "a.png"), 503) == format_text("upload-others-waiting")
    monkeypatch.setattr(upload_route, "UNREAD_SHARE", 0.5)
    assert refusal(send(intake, "a.png"), 429) == format_text("upload-yours-waiting")
    for path in list_files(folder):  # what is read or swept makes room
        with uploads.claim_upload(str(path), folder):
            pass
    assert send(intake, "a.png").status_code == 200


def test_a_request_of_many_files_or_of_a_large_one_is_refused(intake, folder, monkeypatch):
    assert refusal(send(intake, *("a.png",) * 21, data=b"x"), 413) == str(upload_text.describe_many_files())
    monkeypatch.setattr(upload_route, "MAX_FILE_BYTES", 5000)
    assert refusal(send(intake, "b.png", "a.png", data=b"x" * 5001), 413) == str(upload_text.describe_large_file())
    assert list(folder.iterdir()) == []
    assert send(intake, "a.png", data=b"x" * 5000).status_code == 200


def test_what_is_no_upload_is_refused_in_a_sentence(intake, folder):
    form = {"content-type": "multipart/form-data; boundary=b"}
    for content, headers in (
        (b"{}", {"content-type": "application/json"}),
        (b"", {}),
        (b"x", {"content-type": "multipart/form-data"}),
        (b"no parts", form),
        (b'--b\r\nContent-Disposition: form-data; name="files"; filename="a"\r\n\r\nhalf', form),
        (b'--b\r\nContent-Disposition: form-data; name="files"\r\n\r\ntext\r\n--b--\r\n', form),
    ):
        answer = intake.post("/upload", content=content, headers=headers)
        assert refusal(answer, 400) == format_text("upload-damaged")
    chunked = intake.post("/upload", content=iter([b"x"]), headers=form)
    assert refusal(chunked, 411) == format_text("upload-damaged")
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("where", ["before", "while writing", "when it is moved"])
def test_a_full_disk_gives_a_sentence_and_leaves_nothing(intake, folder, monkeypatch, where):
    def fail(*_, **__):
        raise OSError(errno.ENOSPC, "No space left on device", "/secret/DOE.png")

    if where == "before":
        monkeypatch.setattr(upload_route.shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10**9, 10**9, 10**6))
    elif where == "while writing":
        monkeypatch.setattr("gradio.route_utils.GradioUploadFile.write", fail)
    else:
        monkeypatch.setattr(upload_route.os, "rename", fail)
    assert refusal(send(intake, "DOE.png", "b.png"), 507) == format_text("upload-disk-full")
    monkeypatch.undo()
    assert list(folder.iterdir()) == []
    assert send(intake, "a.png").status_code == 200


def test_an_upload_that_breaks_off_leaves_nothing(folder):
    route = upload_route.UploadRoute()
    head = b'--b\r\nContent-Disposition: form-data; name="files"; filename="a"\r\n\r\n'
    messages = [
        {"type": "http.request", "body": head + b"x" * 5000, "more_body": True},
        {"type": "http.disconnect"},
    ]
    app = Starlette()
    app.uploaded_file_dir = str(folder)
    headers = [(b"content-type", b"multipart/form-data; boundary=b"), (b"content-length", b"100000")]
    scope = {"type": "http", "method": "POST", "headers": headers, "app": app, "query_string": b"", "path": "/"}
    seen = []

    async def receive():
        seen.append(len(list_files(folder)))
        return messages.pop(0)

    async def run():
        with contextlib.suppress(Exception):
            await route.receive(upload_route.Request(scope, receive))

    asyncio.run(run())
    assert seen == [0, 1] and list(folder.iterdir()) == []


# ---- what a killed server leaves behind


OPEN = """
import sys, time, tempfile
sys.path.insert(0, {repo!r})
from cxr_demo.ui.app import uploads
folder = uploads.open_folder()
(folder / "DOE.png").write_bytes(b"x")
print(folder, flush=True)
time.sleep({seconds})
"""


def open_elsewhere(folder: Path, seconds: float, before: tuple[str, ...] = ()) -> tuple[subprocess.Popen, Path]:
    """A server's folder in a process of its own, which heeds a closed terminal though tests may not (nohup)."""
    # The package's own __init__ would import gradio and torch first: seconds for nothing.
    lone = "import sys, types\nfor name in ('cxr_demo', 'cxr_demo.ui'):\n" + (
        f"    package = sys.modules[name] = types.ModuleType(name)\n"
        f"    package.__path__ = [{str(REPO)!r} + '/' + name.replace('.', '/')]\n"
    )
    code = lone + OPEN.format(repo=str(REPO), seconds=seconds)
    process = subprocess.Popen(
        [*before, sys.executable, "-c", code], env={**os.environ, "TMPDIR": str(folder)}, stdout=subprocess.PIPE,
        text=True, preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_DFL),
    )  # fmt: skip
    return process, Path(process.stdout.readline().strip())


def kill(process: subprocess.Popen) -> None:
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()


def test_a_killed_server_s_folder_goes_at_the_next_start_and_a_living_one_s_stays(folder):
    killed, left = open_elsewhere(folder, 60)
    living, kept = open_elsewhere(folder, 60)
    try:
        assert left.exists() and kept.exists()
        kill(killed)
        following, fresh = open_elsewhere(folder, 0)
        following.wait()
        following.stdout.close()
        assert not left.exists() and not fresh.exists() and (kept / "DOE.png").exists()
    finally:
        for process in (killed, living):
            kill(process)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_it_goes_when_the_server_is_told_to_end_or_its_terminal_is_closed(folder, number):
    process, made = open_elsewhere(folder, 60)
    assert made.exists()
    process.send_signal(number)
    assert process.wait(30) == 0 and list(folder.iterdir()) == []
    process.stdout.close()


def test_a_number_that_a_new_process_got_again_keeps_no_folder(folder, monkeypatch):
    """In a container every server is process 1: the next one has the number of the one that was killed."""
    for number in (os.getpid(), 1):
        (folder / f"{uploads.PREFIX}{number}-x").mkdir()
        (folder / f"{uploads.PREFIX}{number}-x" / "DOE.png").write_bytes(b"x")
    monkeypatch.setattr(uploads.tempfile, "tempdir", str(folder))
    monkeypatch.setenv("GRADIO_TEMP_DIR", "")
    monkeypatch.setattr(uploads.signal, "signal", lambda *_: None)
    made = uploads.open_folder()
    assert list(folder.iterdir()) == [made]
    monkeypatch.setattr(uploads.tempfile, "tempdir", str(folder))
    other = uploads.open_folder()
    assert made.exists() and other.exists(), "one process may have two"


def test_in_containers_too(folder):
    space = ("unshare", "--user", "--map-root-user", "--pid", "--fork", "--kill-child")
    if subprocess.run([*space, "true"], capture_output=True).returncode:
        pytest.skip("this machine makes no process spaces")
    for _ in range(3):
        process, made = open_elsewhere(folder, 60, space)
        assert [path for path in folder.iterdir() if path.name.startswith(uploads.PREFIX)] == [made]
        kill(process)


def test_starts_at_the_same_moment_keep_their_own_folder(folder):
    with ThreadPoolExecutor(4) as pool:
        started = list(pool.map(lambda _: open_elsewhere(folder, 60), range(4)))
    try:
        assert all((made / "DOE.png").exists() for _, made in started)
    finally:
        for process, _ in started:
            kill(process)
