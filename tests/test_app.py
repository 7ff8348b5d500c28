"""`app.py`: what is wrong with one checkpoint never keeps the others from being used, and it ends quietly."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.serving import find_port

ROOT = Path(__file__).parents[1]
OPEN_BESIDE = """
import os, pathlib, sys
from cxr_demo.networks import checkpoint, gate_net
load = checkpoint.load
def fail(folder, *others):
    if "good" in folder.name:
        return load(folder)
    raise NotImplementedError("/home/DOE")
checkpoint.load = fail
gate_net.load_gate = fail
import app
print([*app.ANALYSERS], sorted(app.REFUSED), app.demo.get_config_file()["mode"])
"""


def run_app(code: str, weights: Path, **more: str) -> subprocess.CompletedProcess:
    environment = os.environ | {"CXR_WEIGHTS": str(weights), "PYTHONIOENCODING": "ascii", **more}
    return subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True)


def test_a_checkpoint_with_an_unforeseen_fault_is_named_and_the_others_are_there(tmp_path):
    (tmp_path / "good").symlink_to(ROOT / "weights" / "phantom-honest")
    unnamed = os.fsencode(tmp_path) + b"/caf\xe9"
    for bad in (os.fsencode(tmp_path / "bad"), unnamed):
        os.mkdir(bad)
        Path(os.fsdecode(bad), "config.json").write_text("{}")
    done = run_app(OPEN_BESIDE, tmp_path)
    assert done.returncode == 0, done.stderr
    *told, names = done.stdout.splitlines()
    assert names == r"['phantom-honest'] ['bad', 'caf\\xe9', 'gate'] blocks"
    for name in ("bad", r"caf\xe9", "gate"):
        assert any(line.startswith(f"{name}: {name} could not be opened (ref ") for line in told), told
    assert "NotImplementedError at " in done.stderr and "DOE" not in done.stderr + done.stdout


BUSY = """
import threading, torch
import app
def compute():
    while True:
        x = torch.rand(1, 3, 64, 64, requires_grad=True)
        torch.nn.functional.conv2d(x, torch.rand(8, 3, 3, 3)).sum().backward()
def prove(analysers):
    for _ in range(4):
        threading.Thread(target=compute, daemon=True).start()
    print("computing", flush=True)
app.prove_checkpoints = prove
app.launch()
"""


def start_app(tmp_path: Path, order: list[str]) -> tuple[subprocess.Popen, Path]:
    (tmp_path / "weights").mkdir()
    (tmp_path / "scratch").mkdir()
    (tmp_path / "weights" / "good").symlink_to(ROOT / "weights" / "phantom-honest")
    environment = os.environ | {
        "CXR_WEIGHTS": str(tmp_path / "weights"), "TMPDIR": str(tmp_path / "scratch"), "PORT": str(find_port()),
        "CXR_CACHE": str(tmp_path / "cache"),
    }  # fmt: skip
    log = tmp_path / "log"
    with log.open("wb") as sink:
        process = subprocess.Popen(
            [sys.executable, *order], cwd=ROOT, env=environment, stdout=sink, stderr=sink,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
        )  # fmt: skip
    return process, log


def wait_for(log: Path, text: str, process: subprocess.Popen) -> None:
    end = time.monotonic() + 120
    while text not in log.read_text():
        assert process.poll() is None and time.monotonic() < end, log.read_text()
        time.sleep(0.1)


def end_app(tmp_path: Path, when: str, number: int, order: list[str]) -> tuple[int, str]:
    process, log = start_app(tmp_path, order)
    try:
        wait_for(log, when, process)
        process.send_signal(number)
        code = process.wait(60)
    finally:
        process.kill()
        process.wait()
    assert [path.name for path in (tmp_path / "scratch").iterdir() if path.name != "gradio"] == []  # which is empty
    return code, log.read_text()


def test_ctrl_c_ends_it_without_a_traceback_while_it_loads_and_while_it_serves(tmp_path):
    for name, when in (("loads", "Loading"), ("serves", "Ready")):
        (tmp_path / name).mkdir()
        code, log = end_app(tmp_path / name, when, signal.SIGINT, ["app.py"])
        assert code == 130 and "Traceback" not in log, log


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_it_ends_as_told_in_the_midst_of_computing(tmp_path, number):
    """Its threads still compute when Python ends, which makes torch abort the process."""
    ended, log = end_app(tmp_path, "computing", number, ["-c", BUSY])
    assert (ended, "terminate" in log) == (0, False), log


@pytest.mark.parametrize("settings", [{"CXR_LOGINS": "people.txt", "PORT": "x"}, {"CXR_NETWORK": "phantom"}])
def test_it_does_not_start_with_settings_that_cannot_be_used_and_tells_each(tmp_path, settings):
    (tmp_path / "good").symlink_to(ROOT / "weights" / "phantom-honest")
    done = run_app("import app", tmp_path, **settings)
    assert done.returncode == 2 and "Traceback" not in done.stderr, done.stderr
    assert [name for name in settings if name not in done.stderr] == []
