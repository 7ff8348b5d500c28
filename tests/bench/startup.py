"""`python -m tests.bench.startup [--before FOLDER]`: CPU time until something can be used, as ratios.

Commands that need no network against `import torch`; `predict` of one image against importing torch, loading the
checkpoint and one forward pass; the page with all bundled checkpoints until it answers, against an older checkout in
FOLDER. Each is a process of its own, all are measured in turns, and the medians of the ratios of each turn are printed.
"""

from __future__ import annotations

import argparse
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path
from statistics import median

import cv2
import numpy as np

from tests.serving import find_port

ROOT, ROUNDS, PAGE_ROUNDS = Path(__file__).parents[2], 5, 3
ORDERS = ("--help", "methods")
LOAD_AND_FORWARD = """
import torch
from cxr_demo import load
loaded = load()
square = loaded.card.preprocess
with torch.inference_mode():
    loaded.model(torch.zeros(1, len(square.mean), square.size_px, square.size_px))
"""


def measure_cpu_s(arguments: list[str]) -> float:
    """Seconds of processor time, of the user and of the system, that one Python process takes."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, *arguments], cwd=ROOT, stdout=subprocess.DEVNULL, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def measure_page_cpu_s(root: Path) -> float:
    """Processor time of `python app.py` in a checkout until it answers, with no proof made before."""
    port = find_port()
    with tempfile.TemporaryDirectory() as cache:
        environment = {**os.environ, "PORT": str(port), "CXR_CACHE": cache}
        page = subprocess.Popen([sys.executable, "app.py"], cwd=root, env=environment, stdout=subprocess.DEVNULL)
        try:
            while not _answers(port):
                assert page.poll() is None, "the page has ended"
                time.sleep(0.05)
            fields = Path(f"/proc/{page.pid}/stat").read_text().rpartition(")")[2].split()
            return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
        finally:
            page.send_signal(signal.SIGTERM)
            page.wait(timeout=60)


def _answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5) as answer:
            return answer.status == 200
    except (urllib.error.URLError, OSError):
        return False


def compare_commands() -> None:
    ratios: dict[str, list[float]] = {order: [] for order in ORDERS}
    predicts = []
    with tempfile.TemporaryDirectory() as folder:
        image = Path(folder) / "image.png"
        cv2.imwrite(str(image), np.random.default_rng(0).integers(0, 255, (512, 512), dtype=np.uint8))
        for _ in range(ROUNDS):
            torch_s = measure_cpu_s(["-c", "import torch"])
            for order in ORDERS:
                ratios[order].append(measure_cpu_s(["-m", "cxr_demo", order]) / torch_s)
            least_s = measure_cpu_s(["-c", LOAD_AND_FORWARD])
            predicts.append(measure_cpu_s(["-m", "cxr_demo", "predict", "--anyway", str(image)]) / least_s)
    for order, found in ratios.items():
        print(f"cxr-demo {order}: {median(found):.3f} of import torch (goal: less than 0.1)")
    print(f"cxr-demo predict: {median(predicts):.2f} of import torch, load and forward (goal: less than 2)")


def compare_pages(before: Path) -> None:
    pairs = [(measure_page_cpu_s(before), measure_page_cpu_s(ROOT)) for _ in range(PAGE_ROUNDS)]
    then, now = (median(seconds) for seconds in zip(*pairs, strict=True))
    ratio = median(now / then for then, now in pairs)
    print(f"page until it answers: {now:.1f} s of processor time, before {then:.1f} s: {ratio:.2f} (goal: 0.5 or less)")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[1])
    parser.add_argument("--before", type=Path, help="an older checkout, whose page is measured in turns with this one")
    options = parser.parse_args()
    compare_commands()
    if options.before:
        compare_pages(options.before)


if __name__ == "__main__":
    main()
