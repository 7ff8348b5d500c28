"""Things that break at the wrong moment: killed servers and commands, full disks, weights that change, methods that
raise."""

from __future__ import annotations

import os
import resource
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np

from cxr_demo.errors import CheckpointError
from cxr_demo.networks import checkpoint
from tests.fire.corpus import MARKER
from tests.fire.on_page import make_film, read_answer, show
from tests.fire.outcome import Outcome
from tests.fire.server import NETWORKS, ROOT, SECONDS, Person, Server, serve, wait_until
from tests.ui.stand_ins import Page, StandIn, make_desk, png

SAVE = """
import sys
from pathlib import Path
from cxr_demo.networks import checkpoint
made = checkpoint.load(sys.argv[1])
print("ready", flush=True)
for _ in range(1000):
    checkpoint.save(sys.argv[2], made.model, made.card, half=False)
"""
WRITE_REPORT = """
import sys
from pathlib import Path
from cxr_demo.networks.whole_file import write_file
report = Path(sys.argv[1])
body = report.read_bytes()
print("ready", flush=True)
while True:
    write_file(report, body)
"""  # as the command does at its end: of its seconds, the writing takes milliseconds

TRAIN = """
import sys
from train.fit import run_state
from train.__main__ import main
run_state.STATE_EVERY_S = 0.0
sys.exit(main(sys.argv[1:]))
"""
TRAINED = 30  # films of each of two labels

NOBODYS = "/proc/none"  # a folder into which nobody may write, whoever it is


def attack_with_kills(place: Path, times: int, seed: int) -> Outcome:
    """The server is killed at random moments of uploads and analyses; the next one finds nothing of them."""
    found, random = Outcome("kill -9 of the server at random moments"), np.random.default_rng(seed)
    for number in range(times):
        server = Server(place)
        threads = [threading.Thread(target=_use, args=(server, who)) for who in range(4)]
        for thread in threads:
            thread.start()
        time.sleep(random.uniform(0.1, 3))
        server.end(signal.SIGKILL)
        for thread in threads:
            thread.join()
        found.check(MARKER not in server.log.read_text(), f"kill {number}: the log has the name")
    with serve(place) as server:
        with found.trying("the server after the last kill"):
            assert "finding" in show(Person(server, "after"), make_film(0))["findings"]["html"]
        found.check(wait_until(lambda: not server.list_left(), 30), f"files are left: {server.list_left()}")
        found.bytes_left = server.count_left_bytes()
    found.check(
        not [path for path in place.joinpath("scratch").rglob("*") if path.is_file()], "the last one leaves files"
    )
    return found


def _use(server: Server, who: int) -> None:
    try:
        for number in range(100):
            show(Person(server, f"{who}-{number}"), make_film(number), f"{MARKER}.png")
    except Exception:  # the server is gone
        pass


def attack_commands(place: Path, times: int, seed: int) -> Outcome:
    """Commands are killed while they write over an earlier result, which stays whole or is the new one."""
    found, random = Outcome("kill -9 of commands that write"), np.random.default_rng(seed)
    film, folder = place / "film.png", place / "made"
    film.write_bytes(make_film(0))
    source = ROOT / "weights" / NETWORKS[0]
    shutil.copytree(source, folder)
    report = place / "report.pdf"
    command = [sys.executable, "-m", "cxr_demo", "report", film, "--weights", source, "--anyway", "--out", report]
    subprocess.run(command, cwd=ROOT, capture_output=True, check=True, timeout=SECONDS)
    for number in range(times):
        _kill_while_writing([SAVE, source, folder], random.uniform(0, 0.3))
        with found.trying(f"save, killed {number}"):
            checkpoint.load(folder)
        _kill_while_writing([WRITE_REPORT, report], random.uniform(0, 0.3))
        whole = report.read_bytes()
        found.check(whole.startswith(b"%PDF") and whole.rstrip().endswith(b"%%EOF"), f"report, killed {number}: cut")
    return found


def _kill_while_writing(script: list, after_s: float) -> None:
    with subprocess.Popen([sys.executable, "-c", *script], cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None and process.stdout.readline() == "ready\n"
            time.sleep(after_s)
        finally:
            process.kill()


def attack_training(place: Path, times: int, seed: int) -> Outcome:
    """A run is killed at random moments and begun again: it goes on from where it was, and its checkpoint is whole."""
    found, random = Outcome("kill -9 of training at random moments"), np.random.default_rng(seed)
    data, out, said = place / "own", place / "run", place / "said.txt"
    for label in ("left", "right"):
        (data / label).mkdir(parents=True)
        for number in range(TRAINED):
            (data / label / f"{label}-{number}.png").write_bytes(make_film(2 * number + (label == "left"), 64))
    order = ["run", "own-single-label", "--data", data, "--out", out, "--from-scratch", "--backbone", "densenet_tiny"]

    def train(ends: bool) -> int:
        with said.open("a") as told:
            script = [sys.executable, "-c", TRAIN, *order, "--stages", "32x30"]
            process = subprocess.Popen(script, cwd=ROOT, stdout=told, stderr=told)
        if not ends:
            wait_until(lambda: process.poll() is not None or (out / "unfinished" / "state.pt").exists())
            time.sleep(random.uniform(0, 1.5))
            process.kill()
        return process.wait(SECONDS)

    for number in range(times):
        code = train(ends=False)
        found.check(
            code in (0, -signal.SIGKILL), f"killed {number}: it had ended with {code}: {said.read_text()[-300:]}"
        )
        if (out / "config.json").exists():
            with found.trying(f"the checkpoint after kill {number}"):
                checkpoint.load(out)
    found.check(train(ends=True) == 0, f"it does not go on: {said.read_text()[-300:]}")
    found.check("Going on after epoch" in said.read_text(), "it began anew")
    with found.trying("the checkpoint in the end"):
        checkpoint.load(out)
    return found


def attack_folders(place: Path) -> Outcome:
    """Folders into which nobody may write: a sentence, or the same answer without what would lie there."""
    found = Outcome("folders that cannot be written into")
    films, source = place / "films", ROOT / "weights" / NETWORKS[0]
    films.mkdir()
    (films / "film.png").write_bytes(make_film(0))
    asked = [films / "film.png", "--weights", source, "--anyway"]
    for line in (
        ["explain", *asked, "--out", f"{NOBODYS}/maps"],
        ["report", *asked, "--out", f"{NOBODYS}/report.pdf"],
        ["predict", *asked, "--jsonl", f"{NOBODYS}/answers.jsonl"],
        ["import", source, "--out", f"{NOBODYS}/checkpoint"],
        ["deck", "new", films, "--out", f"{NOBODYS}/deck"],
    ):
        done = subprocess.run(
            [sys.executable, "-m", "cxr_demo", *line], cwd=ROOT, capture_output=True, text=True, timeout=SECONDS
        )
        said = done.stderr.strip()
        found.check(
            done.returncode == 2 and bool(said) and "Traceback" not in said,
            f"{line[0]}: {done.returncode}, {said[-300:]}",
        )
    with found.trying("a server that keeps no proofs"), serve(place, {"CXR_CACHE": f"{NOBODYS}/cache"}) as server:
        assert "finding" in show(Person(server, "page"), make_film(1))["findings"]["html"]
        assert "Traceback" not in server.log.read_text()
    return found


def attack_disk(place: Path) -> Outcome:
    """No room on the disk: one sentence, and the earlier result is as it was."""
    found = Outcome("a full disk")
    film, source = place / "film.png", ROOT / "weights" / NETWORKS[0]
    film.write_bytes(make_film(0))
    for command, out in (("explain", place / "maps"), ("report", place / "report.pdf")):
        line = [
            sys.executable,
            "-m",
            "cxr_demo",
            command,
            film,
            "--weights",
            source,
            "--anyway",
            "--out",
            out,
            "--overwrite",
        ]
        subprocess.run(line, cwd=ROOT, capture_output=True, check=True, timeout=SECONDS)
        before = read_files(out)
        limit = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (3000, 3000))  # noqa: E731
        done = subprocess.run(line, cwd=ROOT, capture_output=True, text=True, preexec_fn=limit, timeout=SECONDS)
        found.check(done.returncode == 2 and "Traceback" not in done.stderr, f"{command}: {done.stderr[-200:]}")
        found.check(read_files(out) == before, f"{command}: the earlier result is another")
    return found


def read_files(out: Path) -> dict[str, bytes]:
    files = sorted(out.rglob("*")) if out.is_dir() else [out]
    return {path.name: path.read_bytes() for path in files if path.is_file()}


def attack_weights(place: Path) -> Outcome:
    """Weights that are replaced, cut or not readable while a server runs change no answer of it."""
    found = Outcome("weights replaced, cut and locked while serving")
    weights = place / "weights"
    weights.mkdir()
    for name in NETWORKS:
        shutil.copytree(ROOT / "weights" / name, weights / name)
    with serve(place) as server:
        before = read_answer(show(Person(server, "before"), make_film(0)))
        file = weights / NETWORKS[0] / checkpoint.WEIGHTS_FILE
        for case, change in (
            ("replaced", lambda: shutil.copy(weights / NETWORKS[1] / checkpoint.WEIGHTS_FILE, file)),
            ("cut", lambda: file.write_bytes(file.read_bytes()[:1000])),
            ("locked", lambda: os.chmod(file, 0)),
            ("gone", file.unlink),
        ):
            change()
            with found.trying(case):
                assert read_answer(show(Person(server, case), make_film(0))) == before
    with found.trying("the next start"), serve(place) as server:
        answer = server.log.read_text()
        assert (
            f"{NETWORKS[0]}: " in answer and "finding" in show(Person(server, "next"), make_film(0))["findings"]["html"]
        )
    try:
        checkpoint.load(weights / NETWORKS[0])
    except CheckpointError as error:
        found.check(bool(str(error)), "no sentence")
    return found


def attack_page(place: Path) -> Outcome:
    """A method or a network that raises, no memory, a clock that jumps, a page that closes: told, and the next press
    works."""
    found = Outcome("methods that raise, no memory, jumping clocks, closed pages")
    for number, fault in enumerate(
        (RuntimeError("secret"), MemoryError(), ZeroDivisionError(), OSError(28, "full"), RecursionError())
    ):
        analyser = StandIn()
        page = Page(make_desk({"a": analyser}, place), f"fault-{number}")
        analyser.broken = fault
        with found.trying(f"{fault!r} in the network"):
            page.upload(png())
            shown = page.settle()
            assert "secret" not in str(shown) and "ref " in str(shown)
        analyser.broken, explain = None, analyser.explain
        analyser.explain = lambda *_, it=fault, **__: (_ for _ in ()).throw(it)
        with found.trying(f"{fault!r} in a method"):
            page.press("choose_film", film="1")
            assert "secret" not in str(page.settle())
        analyser.explain = explain
        with found.trying(f"after {fault!r}"):
            page.press("choose_film", film="1")
            assert set(page.settle().panels["maps"])
        page.desk.sessions.forget(page.key)
    page = Page(make_desk({"a": StandIn()}, place), "clock")
    clock = time.time
    for jump_s in (-86_400 * 400, 86_400 * 400, 0):
        time.time = lambda by=jump_s: clock() + by
        try:
            with found.trying(f"a clock that jumps by {jump_s} s"):
                page.upload(png(1))
                assert set(page.settle().panels["maps"])
        finally:
            time.time = clock
    with found.trying("a page that closes while it is followed"):
        page.upload(png(2))
        values = page.follow()
        next(values)
        page.desk.sessions.forget("clock")
        assert all(not value.value["rest"] for value in values)
    left = [path for path in place.rglob("*") if path.is_file()]
    found.check(len(left) <= 1, f"files are left: {left}")  # the last of the page that was closed is swept
    return found
