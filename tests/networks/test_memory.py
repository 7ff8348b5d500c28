"""Large pages are asked for before anything runs; what was freed goes back to the machine."""

import os
import subprocess
import sys

import pytest

from cxr_demo.networks import memory
from cxr_demo.networks.memory import FreedMemory
from cxr_demo.ui.app.sessions import Sessions

SCATTERED = """
from pathlib import Path
from cxr_demo.networks.memory import give_back_memory
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


BEGUN = """
import os, pathlib, sys
from cxr_demo.networks import memory
pages = pathlib.Path(sys.argv[1])
memory.PAGES = pages
memory.begin_with_large_pages()
print(os.getpid(), os.environ.get(memory.TUNABLES), sys.argv[2:])
"""


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere nothing is asked for")
@pytest.mark.parametrize(
    ("given", "pages", "found"),
    [
        (None, "always [madvise] never", "glibc.malloc.hugetlb=1"),
        ("glibc.malloc.check=0", "always [madvise] never", "glibc.malloc.check=0:glibc.malloc.hugetlb=1"),
        ("glibc.malloc.hugetlb=0", "always [madvise] never", "glibc.malloc.hugetlb=0"),
        (None, "[always] madvise never", "None"),
        (None, None, "None"),
    ],
)
def test_a_program_begins_again_once_with_large_pages(given, pages, found, tmp_path):
    place = tmp_path / "enabled"
    if pages:
        place.write_text(pages)
    environment = {key: value for key, value in os.environ.items() if key != memory.TUNABLES}
    begun = subprocess.Popen(
        [sys.executable, "-c", BEGUN, str(place), "a b", "c"], stdout=subprocess.PIPE, text=True,
        env=environment | ({memory.TUNABLES: given} if given else {}),
    )  # fmt: skip
    out, _ = begun.communicate(timeout=60)
    assert out == f"{begun.pid} {found} ['a b', 'c']\n"


def test_where_nothing_can_have_been_freed_the_heap_is_left_alone(monkeypatch):
    """It takes longer the more people there are, and holds up whoever needs memory."""
    given, worked_s = [], [1.2]
    monkeypatch.setattr(memory, "give_back_memory", lambda: given.append(1) or True)
    monkeypatch.setattr(memory.time, "process_time", lambda: worked_s[0])
    sessions, freed = Sessions(), FreedMemory()

    def count() -> int:
        given.clear()
        for _ in range(3):
            freed.give_back(sessions.changes)
        return len(given)

    assert [count(), count()] == [1, 0]
    with sessions.working():
        sessions.keep("page")
        assert count() == 0
    assert [count(), count()] == [1, 0]
    sessions.forget("page")
    sessions.forget("page")
    assert [count(), count()] == [1, 0]
    worked_s[0] += 1
    assert [count(), count()] == [1, 0]
