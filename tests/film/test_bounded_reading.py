"""Films read in a process of their own: the same films, an end to the slow ones, and nothing left."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from cxr_demo.errors import ImageError
from cxr_demo.film import bounded_reading
from cxr_demo.film.bounded_reading import FilmReader
from cxr_demo.film.film_message import decode_line
from cxr_demo.film.reading import read_image
from tests.film.test_dicom import FILM, dicom_file, lut
from tests.film.test_reading import COLOURS, RAMP, RAMP_16, of_many_scans, saved, tiff

pytestmark = pytest.mark.skipif(not bounded_reading.HAS_LIMITS, reason="processes are bounded on Linux")

FILMS = {
    "png": saved(RAMP, "PNG"),
    "colour": saved(COLOURS, "JPEG"),
    "deep": tiff(RAMP_16 >> 4),
    "dicom": dicom_file(
        FILM, "MONOCHROME1", RescaleSlope=2, RescaleIntercept=-1000.5, PatientOrientation=["L", "F"], PatientAge="040Y",
        PixelSpacing=[0.2, 0.1], VOILUTSequence=[lut(0, range(4096), 12)], WindowCenter=1, WindowWidth=2,
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def reader():
    reader = FilmReader()
    yield reader
    reader.close()


@pytest.mark.parametrize("name", FILMS)
def test_a_film_is_the_same_as_one_read_here(reader, tmp_path, name):
    path = tmp_path / "film"
    path.write_bytes(FILMS[name])
    there, here = reader.read(path), read_image(path)
    np.testing.assert_array_equal(there.pixels, here.pixels)
    assert not there.pixels.flags.writeable and there.pixels.flags.c_contiguous
    assert [*map(str, there.notes)] == [*map(str, here.notes)]
    for fact in ("notes", "sha256", "kind", "header", "is_colour", "sides"):
        assert getattr(there, fact) == getattr(here, fact), fact


@pytest.mark.parametrize("data", [b"", b"%PDF-1.7", FILMS["png"][:60], saved(RAMP[:8], "PNG"), saved(RAMP * 0, "PNG")])
def test_a_refusal_is_the_same_as_one_made_here(reader, tmp_path, data):
    path = tmp_path / "film"
    path.write_bytes(data)
    with pytest.raises(ImageError) as here:
        read_image(path)
    with pytest.raises(ImageError) as there:
        reader.read(path)
    assert str(there.value) == str(here.value)


def test_a_slow_film_is_ended_and_delays_nobody(tmp_path):
    slow, quick = tmp_path / "slow", tmp_path / "quick"
    slow.write_bytes(of_many_scans(4000, 90))  # several seconds of a processor
    quick.write_bytes(FILMS["png"])
    reader = FilmReader(seconds=1)
    faults = []

    def read() -> None:
        try:
            reader.read(slow)
        except ImageError as error:
            faults.append(error)

    try:
        reader.read(quick)  # the process is there
        thread = threading.Thread(target=read)
        thread.start()
        answered = 0
        while thread.is_alive():
            reader.read(quick)
            answered += 1
        thread.join()
        assert answered > 1
        assert [error.args[0] for error in faults] == ["film-too-slow"]
        assert "more than 1 seconds" in str(faults[0])
    finally:
        reader.close()


def test_a_film_is_ended_by_the_clock_too(tmp_path):
    """Where others have the processors, a minute of waiting is a minute."""
    slow = tmp_path / "slow"
    slow.write_bytes(of_many_scans(4000, 90))
    reader = FilmReader(seconds=60, clock_seconds=0.5)
    try:
        with pytest.raises(ImageError) as fault:
            reader.read(slow)
        assert fault.value.args[0] == "film-too-slow"
    finally:
        reader.close()


def test_a_film_that_needs_more_memory_than_it_may_take_is_refused(tmp_path):
    path = tmp_path / "large"
    path.write_bytes(saved(np.add.outer(np.arange(6000), np.arange(6000)).astype(np.uint8), "PNG"))
    reader = FilmReader(spare_bytes=64 * 2**20)
    try:
        with pytest.raises(ImageError) as fault:
            reader.read(path)
        assert fault.value.args[0] in ("film-no-memory", "film-unreadable")
    finally:
        reader.close()


def test_a_reader_that_was_killed_starts_again(tmp_path):
    path = tmp_path / "film"
    path.write_bytes(FILMS["png"])
    reader = FilmReader()
    try:
        for _ in range(2):
            assert reader.read(path).kind == "PNG"
            assert reader._process is not None
            os.kill(reader._process.pid, signal.SIGKILL)
    finally:
        reader.close()


def test_nothing_is_left_of_the_films_that_were_read(reader, tmp_path):
    path = tmp_path / "film"
    path.write_bytes(FILMS["png"])
    reader.read(path)
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(20):
        reader.read(path)
    assert len(os.listdir("/proc/self/fd")) == before
    end = time.monotonic() + 20
    while list_children(reader._process.pid) and time.monotonic() < end:
        time.sleep(0.05)
    assert list_children(reader._process.pid) == []
    assert len(os.listdir(f"/proc/{reader._process.pid}/fd")) <= 5


def list_children(number: int) -> list[str]:
    return Path(f"/proc/{number}/task/{number}/children").read_text().split()


def test_the_process_goes_with_the_one_that_started_it(tmp_path):
    path = tmp_path / "film"
    path.write_bytes(FILMS["png"])
    code = (
        "import sys, time\nfrom pathlib import Path\nfrom cxr_demo.film.bounded_reading import get_reader\n"
        "get_reader().read(Path(sys.argv[1]))\nprint(get_reader()._process.pid, flush=True)\ntime.sleep(60)\n"
    )
    with subprocess.Popen([sys.executable, "-c", code, str(path)], stdout=subprocess.PIPE, text=True) as owner:
        number = int(owner.stdout.readline())
        assert Path(f"/proc/{number}").exists()
        owner.kill()
    end = time.monotonic() + 20
    while Path(f"/proc/{number}").exists() and "Z" not in Path(f"/proc/{number}/stat").read_text().split()[2]:
        assert time.monotonic() < end
        time.sleep(0.05)


@pytest.mark.parametrize(
    "line",
    [b"", b"{}", b"[]", b'{"refusal": 1}', b'{"refusal": [{"make": "eval", "args": ["1"], "values": {}}, ""]}'],
)
def test_a_line_that_is_none_is_never_more_than_an_error(line):
    with pytest.raises((ValueError, KeyError, TypeError)):
        decode_line(line)
