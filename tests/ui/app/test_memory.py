"""What was freed goes back to the machine."""

import subprocess
import sys

import pytest

SCATTERED = """
from pathlib import Path
from cxr_demo.ui.app.memory import give_back_memory
def measure():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 // 2**20
pieces = [bytes(50_000) for _ in range(8000)]  # 400 MB, too small each to be mapped by itself
kept = pieces[-1:]
del pieces
before = measure()
given = give_back_memory()
print(before - measure() if given else 0)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the system does it")
def test_memory_between_what_is_kept_goes_back():
    done = subprocess.run([sys.executable, "-c", SCATTERED], capture_output=True, text=True, check=True)
    assert int(done.stdout) > 200
