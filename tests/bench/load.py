"""`python -m tests.bench.load`: thirty people give a film at the same moment.

How long the slowest wait, in multiples of the arithmetic that was asked for: what all networks compute for each film,
gate and lungs among them, one film after the other, made in turns within the same run; and in multiples of a forward
and the usual maps alone. And what their pages hold. With `--before FOLDER`, a checkout of an earlier commit does the
same in turns.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path
from statistics import mean, median

import numpy as np

ROOT = Path(__file__).parents[2]
PEOPLE, TURNS = 30, 3
GOAL, HELD_MB = 1.2, 600


class Version:
    """A checkout at work in a process of its own."""

    def __init__(self, root: Path, people: int) -> None:
        # this version's worker, with the other's product
        environment = os.environ | {"PYTHONPATH": str(root)}
        order = [sys.executable, str(ROOT / "tests" / "bench" / "load_worker.py"), str(people)]
        self._process = subprocess.Popen(
            order, cwd=root, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        while (line := self._read()) != "ready":
            print(f"  {line}")

    def _read(self) -> str:
        assert self._process.stdout is not None
        if not (line := self._process.stdout.readline()):
            raise SystemExit("The worker has ended.")
        return line.strip()

    def ask(self, what: str) -> dict:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{what}\n")
        self._process.stdin.flush()
        return json.loads(self._read())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--before", type=Path, help="checkout of an earlier commit")
    parser.add_argument("--people", type=int, default=PEOPLE)
    parser.add_argument("--turns", type=int, default=TURNS)
    options = parser.parse_args()
    versions = {"now": Version(ROOT, options.people)}
    if options.before:
        versions["before"] = Version(options.before, options.people)
    work: dict[str, list[float]] = {"maps": [], "all": []}
    alone: dict[str, list[float]] = {name: [] for name in versions}
    slow: dict[str, list[float]] = {name: [] for name in versions}
    held: dict[str, list[float]] = {name: [] for name in versions}
    for _ in range(options.turns):
        for name, version in versions.items():
            for what, seconds in versions["now"].ask("arithmetic").items():
                work[what].append(mean(seconds))
            alone[name].append(mean(version.ask("alone")["s"]))
            found = version.ask("together")
            slow[name].append(float(np.percentile(found["s"], 95)))
            held[name].append(found["held"] / 2**20)
    whole, maps = (options.people * median(work[what]) for what in ("all", "maps"))
    print(f"arithmetic of {options.people} films, one after the other: {whole:.1f} s, forward and maps {maps:.1f} s")
    for name in versions:
        p95, most = median(slow[name]), max(held[name])
        print(
            f"{name}: alone {median(alone[name]):.2f} s; {options.people} at once, 95th percentile {p95:.1f} s, "
            f"{p95 / whole:.2f} times the arithmetic (goal {GOAL}: {'reached' if p95 <= GOAL * whole else 'missed'}), "
            f"{p95 / maps:.2f} times forward and maps, "
            f"{p95 / median(alone[name]):.1f} times alone; held {most:.0f} MB "
            f"(goal {HELD_MB}: {'reached' if most <= HELD_MB else 'missed'})"
        )


if __name__ == "__main__":
    main()
