"""`make fire`: everything that may come over the page and the commands, in one run, and one table of what came of it.

Files and requests are made by code, of a seed that is printed; a line below the table names each case that did not end
as it should. Exit code 1 where there is one.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from tests.fire import faults, on_files, on_page
from tests.fire.corpus import make_corpus
from tests.fire.outcome import HEAD, Outcome
from tests.fire.server import Server

PEOPLE = 30


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fire", description=__doc__)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--minutes", type=float, default=2.0, help="for what is tried at random, all together")
    options = parser.parse_args()
    seed, seconds, begun = options.seed, 30 * options.minutes, time.monotonic()
    print(f"Seed {seed}.", flush=True)
    outcomes: list[Outcome] = []

    def attack(run: Callable[[Path], Outcome]) -> None:
        with tempfile.TemporaryDirectory() as place:
            started = time.monotonic()
            outcome = run(Path(place))
        outcomes.append(outcome)
        print(f"{outcome.format_row()} {time.monotonic() - started:.0f} s", flush=True)
        for case in outcome.lost:
            print(f"  lost: {case}", flush=True)

    attack(lambda place: on_files.attack_reading(place, make_corpus()))
    attack(lambda _: on_files.fuzz_reading(seconds, seed))
    attack(lambda place: on_files.attack_checkpoints(place, seconds, seed))
    attack(lambda _: on_files.attack_threads())
    with tempfile.TemporaryDirectory() as place:
        server = Server(Path(place))
        for of_page in (
            on_page.attack_requests,
            on_page.attack_names,
            on_page.attack_with_a_slow_film,
            lambda server: on_page.attack_as_many(server, PEOPLE, 1),
            on_page.attack_privacy,
        ):
            attack(lambda _, of_page=of_page: of_page(server))
        ended = Outcome("the server's end")
        code = server.end()
        ended.check(code == 0, f"it ends with {code}: {server.log.read_text()[-300:]}")
        ended.check(not server.list_left(), f"files are left: {server.list_left()}")
        ended.bytes_left = server.count_left_bytes()
        attack(lambda _: ended)
    attack(lambda place: faults.attack_with_kills(place, 3, seed))
    attack(lambda place: faults.attack_commands(place, 4, seed))
    attack(faults.attack_disk)
    attack(faults.attack_weights)
    attack(faults.attack_page)
    print(f"\n{HEAD}\n|{'---|' * HEAD.count(' | ')}---|")
    for outcome in outcomes:
        print(outcome.format_row())
    lost = sum(len(outcome.lost) for outcome in outcomes)
    tried = sum(outcome.tried for outcome in outcomes)
    minutes = (time.monotonic() - begun) / 60
    print(f"\n{tried} cases, {lost} lost, in {minutes:.0f} minutes on {os.cpu_count()} processor cores, seed {seed}.")
    return 1 if lost else 0


if __name__ == "__main__":
    sys.exit(main())
