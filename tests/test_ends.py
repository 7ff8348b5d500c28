"""How commands end: quietly where nobody reads on, after Ctrl-C, and whatever bytes a file is called by."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
STOPPED_BY_A_PERSON = """
import sys
from cxr_demo import __main__
from cxr_demo.commands import listing
def stop(options): raise KeyboardInterrupt
listing.run_methods = stop
sys.exit(__main__.main(["methods"]))
"""


@pytest.mark.parametrize("command", [("cxr_demo", "methods"), ("train", "list")])
def test_a_reader_who_has_gone_is_no_error(command):
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run([sys.executable, "-m", *command], cwd=ROOT, stdout=writer, stderr=subprocess.PIPE, text=True)
    os.close(writer)
    assert (done.returncode, done.stderr) == (128 + signal.SIGPIPE, "")


def test_ctrl_c_ends_a_command_without_a_traceback():
    done = subprocess.run([sys.executable, "-c", STOPPED_BY_A_PERSON], cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")


@pytest.mark.parametrize("option", [[], ["--json"]])
def test_a_file_may_be_called_by_bytes_that_are_no_letters(option, tmp_path):
    name = os.fsencode(tmp_path) + b"/Caf\xe9.png"
    Path(os.fsdecode(name)).write_bytes(b"no film")
    command = [sys.executable, "-m", "cxr_demo", "predict", name, *option, "--weights", "phantom-honest"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 2 and "Traceback" not in done.stderr
    assert r"Caf\udce9.png" in (done.stdout if option else done.stderr)


def test_a_checkpoint_without_a_name_is_called_by_its_folder(tmp_path):
    command = [sys.executable, "-m", "cxr_demo", "check", ""]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, env=environment)
    assert done.returncode == 2 and done.stderr.startswith(f"{tmp_path.name} has no config.json")
