"""`python -m tests.bench.startup`: CPU time of what needs no network, against `import torch`.

Each is a process of its own, all are measured in turns, and the medians of the ratios of each turn are printed.
"""

from __future__ import annotations

import resource
import subprocess
import sys
from pathlib import Path
from statistics import median

ROOT, ROUNDS, GOAL = Path(__file__).parents[2], 5, 0.1
ORDERS = ("--help", "methods")


def measure_cpu_s(arguments: list[str]) -> float:
    """Seconds of processor time, of the user and of the system, that one Python process takes."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, *arguments], cwd=ROOT, stdout=subprocess.DEVNULL, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    ratios: dict[str, list[float]] = {order: [] for order in ORDERS}
    for _ in range(ROUNDS):
        torch_s = measure_cpu_s(["-c", "import torch"])
        for order in ORDERS:
            ratios[order].append(measure_cpu_s(["-m", "cxr_demo", order]) / torch_s)
    for order, found in ratios.items():
        print(f"cxr-demo {order}: {median(found):.3f} of import torch (goal: less than {GOAL})")


if __name__ == "__main__":
    main()
