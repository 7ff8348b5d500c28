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

from tests.fire import faults, in_browser, on_files, on_page
from tests.fire.corpus import make_corpus
from tests.fire.outcome import HEAD, Attack, Outcome
from tests.fire.server import serve

PEOPLE = 30


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fire", description=__doc__)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--minutes", type=float, default=2.0, help="for what is tried at random, all together")
    options = parser.parse_args()
    seed, seconds, begun = options.seed, 30 * options.minutes, time.monotonic()
    print(f"Seed {seed}.", flush=True)
    outcomes: list[Outcome] = []

    def attack(name: str, run: Callable[[Path], Outcome]) -> None:
        """One that cannot be carried out is a lost case, and takes nothing of the others with it."""
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as place:
            started = time.monotonic()
            try:
                outcome = run(Path(place))
            except Exception as error:
                outcome = Outcome(name)
                outcome.check(False, f"it was not carried out: {type(error).__name__}: {error}"[:300])
        outcomes.append(outcome)
        print(f"{outcome.format_row()} {time.monotonic() - started:.0f} s", flush=True)
        for case in outcome.lost:
            print(f"  lost: {case}", flush=True)

    attack("files", lambda place: on_files.attack_reading(place, make_corpus()))
    attack("files with bytes flipped", lambda _: on_files.fuzz_reading(seconds, seed))
    attack("checkpoints and cards", lambda place: on_files.attack_checkpoints(place, seconds, seed))
    attack("maps in threads", lambda _: on_files.attack_threads())
    attack("the served page", lambda place: attack_served(place, attack))
    attack("the static edition", lambda place: in_browser.attack_edition(place, attack))
    attack("killed servers", lambda place: faults.attack_with_kills(place, 3, seed))
    attack("killed commands", lambda place: faults.attack_commands(place, 4, seed))
    attack("killed training", lambda place: faults.attack_training(place, 2, seed))
    attack("folders of nobody's", faults.attack_folders)
    attack("a full disk", faults.attack_disk)
    attack("changed weights", faults.attack_weights)
    attack("faults of the page", faults.attack_page)
    print(f"\n{HEAD}\n|{'---|' * HEAD.count(' | ')}---|")
    for outcome in outcomes:
        print(outcome.format_row())
    lost = sum(len(outcome.lost) for outcome in outcomes)
    tried = sum(outcome.tried for outcome in outcomes)
    minutes = (time.monotonic() - begun) / 60
    print(f"\n{tried} cases, {lost} lost, in {minutes:.0f} minutes on {os.cpu_count()} processor cores, seed {seed}.")
    return 1 if lost else 0


def attack_served(place: Path, attack: Attack) -> Outcome:
    """What uses one server, each a row of its own, and then how the server ends."""
    ended = Outcome("the server's end")
    with serve(place) as server:
        for name, of_page in (
            ("requests", on_page.attack_requests),
            ("names", on_page.attack_names),
            ("a slow film", on_page.attack_with_a_slow_film),
            ("many people", lambda server: on_page.attack_as_many(server, PEOPLE, 1)),
            ("privacy", on_page.attack_privacy),
        ):
            attack(name, lambda _, of_page=of_page: of_page(server))
        in_browser.attack_page(server, attack)
        code = server.end()
        ended.check(code == 0, f"it ends with {code}: {server.log.read_text()[-300:]}")
        ended.check(not server.list_left(), f"files are left: {server.list_left()}")
        ended.bytes_left = server.count_left_bytes()
    return ended


if __name__ == "__main__":
    sys.exit(main())
