"""Large pages are asked for before anything runs; what was freed goes back to the machine."""

import os
import platform
import subprocess
import sys

import pytest

from cxr_demo.networks import memory
from cxr_demo.networks.memory import FreedMemory
from cxr_demo.ui.app.sessions import Sessions

needs_glibc = pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="elsewhere nothing is asked for")

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


HEAPS = """
import ctypes, sys, threading
from pathlib import Path
from cxr_demo.networks import memory
if sys.argv[1] == "shared":
    assert memory.share_heaps()
library = ctypes.CDLL(None)
library.malloc.restype = ctypes.c_void_p
library.fopen.restype = ctypes.c_void_p
here = threading.Barrier(8)
def work():
    here.wait()
    library.malloc(1000)
threads = [threading.Thread(target=work) for _ in range(8)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
file = ctypes.c_void_p(library.fopen(sys.argv[2].encode(), b"w"))
library.malloc_info(0, file)
library.fclose(file)
print(Path(sys.argv[2]).read_text().count("<heap nr"))
"""


@needs_glibc
def test_threads_of_a_list_of_films_share_heaps(tmp_path):
    counts = []
    for kind in ("own", "shared"):
        command = [sys.executable, "-c", HEAPS, kind, str(tmp_path / "heaps.xml")]
        counts.append(int(subprocess.run(command, capture_output=True, text=True, check=True).stdout))
    assert counts[1] <= memory.HEAPS < counts[0]


BEGUN = """
import os, pathlib, sys
from cxr_demo.networks import memory
memory.PAGES = pathlib.Path(sys.argv[1])
memory.LEAST_GLIBC = 2, 0
memory.begin_with_large_pages()
print(os.getpid(), os.environ.get(memory.TUNABLES), sys.argv[2:])
"""
MADVISE = "always [madvise] never"


def begin(tmp_path, code=BEGUN, flags=(), given=None, pages=MADVISE, file="program.py", **others):
    """What a program prints after its own process number."""
    (tmp_path / "enabled").write_text(pages)
    (tmp_path / "program.py").write_text(code)
    environment = {key: value for key, value in os.environ.items() if key not in (memory.TUNABLES, memory.BEGUN)}
    begun = subprocess.Popen(
        [sys.executable, *flags, file, "enabled", "a b"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        cwd=tmp_path, env=environment | ({memory.TUNABLES: given} if given else {}), **others,
    )  # fmt: skip
    out, _ = begun.communicate(timeout=60)
    number, _, rest = out.partition(" ")
    assert int(number) == begun.pid
    return rest


@needs_glibc
@pytest.mark.parametrize(
    ("given", "pages", "found"),
    [
        (None, MADVISE, "glibc.malloc.hugetlb=1"),
        ("glibc.malloc.check=0", MADVISE, "glibc.malloc.check=0:glibc.malloc.hugetlb=1"),
        ("glibc.malloc.hugetlb=0", MADVISE, "glibc.malloc.hugetlb=0"),
        (None, "[always] madvise never", "None"),
    ],
)
def test_a_program_begins_again_once_with_large_pages(given, pages, found, tmp_path):
    assert begin(tmp_path, given=given, pages=pages) == f"{found} ['a b']\n"
    if given is None and pages == MADVISE:
        assert begin(tmp_path, flags=["-X", "utf8", "-m"], file="program") == f"{found} ['a b']\n"


@needs_glibc
def test_a_program_whose_variable_is_taken_away_begins_again_once(tmp_path):
    """As the system does with a program that has rights of its own."""
    taken = BEGUN.replace("memory.PAGES", "os.environ.pop(memory.TUNABLES, None)\nmemory.PAGES")
    assert begin(tmp_path, taken) == "None ['a b']\n"


@needs_glibc
def test_a_program_whose_interpreter_has_gone_goes_on(tmp_path):
    gone = BEGUN.replace("memory.PAGES", "sys.executable = '/nowhere/python'\nmemory.PAGES")
    assert begin(tmp_path, gone) == "None ['a b']\n"
    assert begin(tmp_path, gone, given="glibc.malloc.check=0") == "glibc.malloc.check=0 ['a b']\n"


@needs_glibc
def test_a_program_inside_another_does_not_begin_again(tmp_path):
    inside = "import runpy, sys\nsys.argv[0] = 'inside.py'\nrunpy.run_path('inside.py', run_name='__main__')"
    (tmp_path / "inside.py").write_text(BEGUN)
    assert begin(tmp_path, inside) == "None ['a b']\n"
    for changed in ("[]", "['program.py'] * 9"):
        others = f"import sys\nsys.argv = {changed}\n" + BEGUN.replace("sys.argv[1]", "'enabled'")
        assert begin(tmp_path, others).startswith("None ")
    traced = BEGUN.replace("memory.PAGES", "sys.settrace(lambda *_: None)\nmemory.PAGES", 1)
    assert begin(tmp_path, traced) == "None ['a b']\n"
    assert begin(tmp_path, flags=["-i"], stdin=subprocess.DEVNULL) == "None ['a b']\n"
    with (tmp_path / "program.py").open() as given:
        assert begin(tmp_path, file="-", stdin=given) == "None ['a b']\n"


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
