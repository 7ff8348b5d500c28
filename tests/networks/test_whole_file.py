"""A process is killed while it writes, at any moment: whoever reads then finds the old file or the new one, whole."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from cxr_demo.networks.whole_file import open_scratch, write_file

BYTES, KILLS = 3_000_000, 6
WRITER = """
import json, sys
from pathlib import Path
from cxr_demo.networks.whole_file import write_file
from cxr_demo.export.output import open_output
kind, place, size = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])

def write_in_steps(path, letter):
    with path.open("wb") as file:
        for _ in range(100):
            file.write(letter.encode() * (size // 100))

def write_folder(letter):
    with open_output(place.parent, overwrite=True) as folder:
        (folder / place.name).write_bytes(letter.encode() * size)
        (folder / "result.json").write_text(json.dumps({"maps": {}, "of": letter}))

WAYS = {
    "bytes": lambda letter: write_file(place, letter.encode() * size),
    "text": lambda letter: write_file(place, letter * size),
    "function": lambda letter: write_file(place, lambda path: write_in_steps(path, letter)),
    "folder": write_folder,
}
print("ready", flush=True)
while True:
    for letter in "ab":
        WAYS[kind](letter)
"""


def kill_while_writing(kind: str, place: Path, wait_s: float) -> None:
    writer = subprocess.Popen([sys.executable, "-c", WRITER, kind, str(place), str(BYTES)], stdout=subprocess.PIPE)
    assert writer.stdout is not None and writer.stdout.readline() == b"ready\n"
    while not place.exists():
        time.sleep(0.001)
    time.sleep(wait_s)
    writer.send_signal(signal.SIGKILL)
    writer.wait()
    writer.stdout.close()


@pytest.mark.parametrize("kind", ["bytes", "text", "function", "folder"])
def test_a_killed_write_leaves_the_old_file_or_the_new_one(tmp_path, kind):
    place, moments = tmp_path / "maps.npz", random.Random(kind)
    for _ in range(KILLS):
        kill_while_writing(kind, place, moments.uniform(0, 0.05))
        found = place.read_bytes()
        assert len(found) == BYTES and found in (b"a" * BYTES, b"b" * BYTES)
        result = tmp_path / "result.json"
        if result.exists():  # it is there only with what it tells of
            assert json.loads(result.read_text())["of"] == found[:1].decode()
    if kind != "folder":
        write_file(place, "whole")
        assert [path.name for path in tmp_path.iterdir()] == [place.name], "what killed writers began is still there"


def test_the_folder_of_a_killed_command_goes_with_the_next_one(tmp_path):
    from cxr_demo.export.output import open_output

    left = tmp_path / ".part-abc"
    left.mkdir()
    (left / "half.png").write_bytes(b"x")
    with open_output(tmp_path) as folder:
        (folder / "result.json").write_text("{}")
    assert [path.name for path in tmp_path.iterdir()] == ["result.json"]


def test_a_write_that_fails_leaves_the_last_good_file_and_nothing_beside_it(tmp_path):
    path = tmp_path / "config.json"
    write_file(path, lambda scratch: scratch.write_text("good"))

    def fail(scratch):
        scratch.write_text("half")
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        write_file(path, fail)
    assert [entry.name for entry in tmp_path.iterdir()] == ["config.json"] and path.read_text() == "good"


def test_the_folder_of_a_living_process_stays_whatever_its_number_is(tmp_path, monkeypatch):
    """In another container it has the same number, or one that nobody has here."""
    held = "import sys\nfrom pathlib import Path\nfrom cxr_demo.networks.whole_file import open_scratch\n"
    held += "with open_scratch(Path(sys.argv[1])) as made:\n    print(made, flush=True)\n    sys.stdin.read()"
    line = [sys.executable, "-c", held, str(tmp_path)]
    with subprocess.Popen(line, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        made = Path(other.stdout.readline().strip())
        monkeypatch.setattr("os.kill", lambda *_: (_ for _ in ()).throw(ProcessLookupError()))
        with open_scratch(tmp_path):
            assert made.is_dir()
        monkeypatch.undo()
        other.kill()
        other.wait()
    write_file(tmp_path / "a", "whole")
    assert [path.name for path in tmp_path.iterdir()] == ["a"]
