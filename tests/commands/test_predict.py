"""`predict` over many films: records that come one by one, that a later run goes on with, that processes share."""

import csv
import io
import itertools
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import cv2
import numpy as np
import psutil
import pytest
import torch

from cxr_demo.__main__ import main
from cxr_demo.commands import opening
from cxr_demo.errors import ImageError
from cxr_demo.export import film_answers
from cxr_demo.networks import checkpoint, gate_net
from tests.conftest import LABELS, make_checkpoint, make_film

ROOT = Path(__file__).parents[2]
MANY = 12  # films


@pytest.fixture
def weights(tmp_path, monkeypatch) -> str:
    monkeypatch.setenv("CXR_WEIGHTS", str(tmp_path / "weights"))  # without the gate's models: these are no chest films
    made = make_checkpoint()
    checkpoint.save(tmp_path / "weights" / "tiny", made.model, made.card, half=False)
    return str(tmp_path / "weights" / "tiny")


@pytest.fixture
def bundled(weights) -> str:
    """One that a process of its own knows too: `tiny` is of the tests."""
    return str(ROOT / "weights" / "phantom-honest")


@pytest.fixture
def films(tmp_path):
    """A folder of MANY, one of which is none."""
    folder = tmp_path / "films"
    folder.mkdir()
    for seed in range(MANY):
        cv2.imwrite(str(folder / f"{seed:03}.png"), np.rint(make_film(seed) * 255).astype(np.uint8))
    (folder / "005.png").write_text("no film")
    return folder


def read_records(path) -> list[dict]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_a_folder_becomes_records_and_a_bad_film_stops_nothing(weights, films, tmp_path, capsys):
    out = tmp_path / "out.jsonl"
    assert main(["predict", str(films), "--weights", weights, "--jsonl", str(out), "--csv"]) == 2
    printed = capsys.readouterr()
    records = read_records(out)
    assert [record["file"] for record in records] == [str(films / f"{seed:03}.png") for seed in range(MANY)]
    assert [place for place, record in enumerate(records) if "error" in record] == [5]
    assert {record["format"] for record in records} == {1}
    assert len({record["checkpoint_sha256"] for record in records}) == 1
    assert printed.err == f"{records[5]['file']}: {records[5]['error']}\n"
    rows = list(csv.DictReader(io.StringIO(printed.out)))
    for record, row in zip(records, rows, strict=True):
        assert row["film_sha256"] == record.get("film", {}).get("sha256", "")
        for label in LABELS:
            told = record.get("probabilities", {}).get(label)
            assert row[label] == ("" if told is None else f"{told:.6f}")
    assert main(["predict", str(films), "--weights", weights, "--json"]) == 2
    plain = json.loads(capsys.readouterr().out)
    assert all(facts["format"] == 1 for facts in plain)
    known = {key: records[0][key] for key in ("checkpoint_sha256", "settings")}
    assert [known | facts for facts in plain] == records


def test_batches_say_what_single_films_say(weights, films, tmp_path, capsys):
    asked = ["predict", str(films), "--weights", weights, "--json"]
    assert main(asked) == main([*asked, "--batch", "4"]) == 2
    printed = capsys.readouterr().out
    single, end = json.JSONDecoder().raw_decode(printed)
    batched = json.loads(printed[end:])
    for one, other in zip(single, batched, strict=True):
        assert one["file"] == other["file"] and one.get("words") == other.get("words")
        assert other.get("probabilities", {}) == pytest.approx(one.get("probabilities", {}), abs=1e-5)


def test_a_killed_run_goes_on_and_each_film_is_there_once(bundled, films, tmp_path):
    whole, out = tmp_path / "whole.jsonl", tmp_path / "out.jsonl"
    assert main(["predict", str(films), "--weights", bundled, "--jsonl", str(whole)]) == 2
    command = [sys.executable, "-m", "cxr_demo", "predict", str(films), "--weights", bundled, "--jsonl", str(out)]
    with (tmp_path / "said.txt").open("w") as said:
        running = subprocess.Popen(command, cwd=ROOT, stderr=said)
    while running.poll() is None and (not out.exists() or out.read_bytes().count(b"\n") < 2):
        time.sleep(0.002)
    running.send_signal(signal.SIGKILL)
    running.wait()
    assert out.exists(), (tmp_path / "said.txt").read_text()
    lines = out.read_bytes().splitlines(keepends=True)
    out.write_bytes(b"".join(lines[:3]) + lines[0][:40])  # as if it was killed while it wrote the fourth
    for part, line in enumerate(whole.read_bytes().splitlines(keepends=True)[6:8]):
        (tmp_path / f"out.jsonl.{part}-of-2").write_bytes(line)  # and as if two processes had gone on, and were killed
    shutil.copy(films / "000.png", films / "005.png")  # the bad film is mended meanwhile
    assert main([*command[3:], "--resume"]) == 0
    now, then = read_records(out), read_records(whole)
    assert [record["file"] for record in now] == [record["file"] for record in then]
    assert now[:5] == then[:5] and now[6:] == then[6:]
    assert now[5]["probabilities"] == now[0]["probabilities"]
    assert not list(tmp_path.glob("out.jsonl.*"))


def test_nothing_is_asked_again_and_other_records_stay(weights, films, tmp_path, monkeypatch):
    out, film = tmp_path / "out.jsonl", str(films / "001.png")
    asked = ["predict", "--weights", weights, "--jsonl", str(out)]
    assert main([*asked, str(films / "000.png"), film]) == 0
    written = out.read_bytes()
    os.remove(film)  # whoever asked it again would fail
    assert main([*asked, film, "--resume"]) == 0 and out.read_bytes() == written


@pytest.mark.parametrize("other", [["--anyway"], ["--mend", "invert"], ["--lang", "de"]])
def test_records_of_another_setting_are_not_gone_on_with(weights, films, tmp_path, capsys, other):
    out, film = tmp_path / "out.jsonl", str(films / "001.png")
    asked = ["predict", "--weights", weights, "--jsonl", str(out)]
    assert main([*asked, str(films / "000.png")]) == 0
    written = out.read_bytes()
    assert main([*asked, film, "--resume", *other]) == 2
    told = capsys.readouterr().err
    assert "out.jsonl" in told and "predict" in told and out.read_bytes() == written
    assert main([*asked, film, "--resume"]) == 0 and len(read_records(out)) == 2


def test_a_table_is_written_beside_the_records(weights, films, tmp_path, capsys):
    out, table = tmp_path / "out.jsonl", tmp_path / "out.csv"
    asked = ["predict", str(films), "--weights", weights, "--jsonl", str(out)]
    assert main([*asked, "--table", str(table), "--csv"]) == 2
    assert table.read_bytes().decode() == capsys.readouterr().out
    assert main([*asked, "--table", str(table), "--resume"]) == 2
    rows = list(csv.DictReader(io.StringIO(table.read_text(encoding="utf-8"))))
    assert [row["film"] for row in rows] == [f"{seed:03}.png" for seed in range(MANY)]


def test_two_processes_write_the_same_lines_as_one(bundled, films, tmp_path):
    pytest.importorskip("accelerate")
    one, two = tmp_path / "one.jsonl", tmp_path / "two.jsonl"
    os.remove(films / "005.png")
    assert main(["predict", str(films), "--weights", bundled, "--jsonl", str(one)]) == 0
    processes = ["--num_processes", "2", "--cpu", "--mixed_precision", "no"]
    launch = [sys.executable, "-m", "accelerate.commands.launch", *processes, "-m", "cxr_demo"]
    asked = ["predict", str(films), "--weights", bundled, "--jsonl", str(two)]
    done = subprocess.run([*launch, *asked], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert two.read_bytes() == one.read_bytes() and not list(tmp_path.glob("two.jsonl.*"))


@pytest.mark.parametrize(
    "more, told",
    [
        (["--resume"], "need a file of records"),
        (["--batch", "0"], "takes 1 to 64"),
        (["--table", "out.csv"], "need a file of records"),
        (["--jsonl", "out.jsonl", "--table", "films/000.png"], "000.png is no name of a table"),
        (["--jsonl", "out.jsonl", "--table", "there.csv"], "is a there.csv already"),
        (["--jsonl", "nowhere/out.jsonl"], "no folder nowhere"),
        (["--jsonl", "earlier.jsonl"], "holds records of an earlier run"),
        (["--jsonl", "earlier.jsonl", "--resume"], "Line 2 of earlier.jsonl is no record"),
    ],
)
def test_what_cannot_be_gone_on_with_is_told(weights, films, tmp_path, monkeypatch, capsys, more, told):
    monkeypatch.chdir(tmp_path)
    record = {"format": 1, "file": "x.png", "checkpoint_sha256": "ab"}
    (tmp_path / "there.csv").touch()
    (tmp_path / "earlier.jsonl").write_text(f"{json.dumps(record)}\n[1]\n")
    assert main(["predict", str(films), "--weights", weights, *more]) == 2
    assert told in capsys.readouterr().err


def test_all_networks_of_a_command_compute_in_the_same_turns(monkeypatch):
    """In one batch each has a part of the cores; one film after the other says the same to the last bit every time."""
    monkeypatch.delenv("CXR_WEIGHTS", raising=False)
    for at_once, places in ((1, 1), (4, min(2, torch.get_num_threads()))):
        gate, lungs = opening.load_gate_models(at_once)
        analyser = opening.load_analyser("phantom-honest", squares_at_once=at_once)
        assert gate is not None and lungs is not None and gate.turns is lungs.turns is analyser._turns
        assert gate.pictures_at_once == lungs.pictures_at_once == at_once and min(2, gate.turns._places) == places
        assert (analyser._asked is analyser._checkpoint.model) == (at_once == 1)


def test_what_films_have_needed_goes_back_to_the_machine_now_and_then(monkeypatch):
    given = []
    monkeypatch.setattr(film_answers, "FILMS_UNTIL_TRIM", 4)
    monkeypatch.setattr(film_answers, "_answered", itertools.count(1))
    monkeypatch.setattr(film_answers, "give_back_memory", lambda: given.append(1))

    def refuse(name, say):
        raise ImageError("film-unreadable")

    for at_once in (0, 2):  # 9 films of the process
        names = [str(place) for place in range(3 + 3 * (at_once > 0))]
        found = list(film_answers.answer_films(names, refuse, False, lambda film: ({}, ()), at_once))
        assert [answer.facts["file"] for answer in found] == names
    assert len(given) == 2


def test_memory_stays_steady_over_many_films(weights, films, tmp_path):
    """200 films of 1 MB each in memory: kept, they would be 200 MB."""
    film = tmp_path / "large.png"
    cv2.imwrite(str(film), np.rint(make_film(1, (512, 512)) * 255).astype(np.uint8))
    names = []
    for place in range(200):
        names.append(f"large-{place}.png")
        (tmp_path / names[-1]).symlink_to(film)
    (tmp_path / "list.txt").write_text("\n".join(names))
    grown = []

    class Watched(io.StringIO):
        def write(self, text: str) -> int:
            grown.append(psutil.Process().memory_info().rss)
            return len(text)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "stdout", Watched())
        assert main(["predict", f"@{tmp_path / 'list.txt'}", "--weights", weights]) == 0
    assert len(grown) >= 200 * len(LABELS)
    assert max(grown[len(grown) // 4 :]) - max(grown[: len(grown) // 4]) < 30 * 2**20


def test_films_of_a_list_go_through_each_network_together(weights, tmp_path, monkeypatch):
    """The same ones in every run, however long each takes to read."""
    asked = []
    (tmp_path / "weights" / "gate").symlink_to(ROOT / "weights" / "gate")
    pass_through = gate_net.Gate._assess_all

    def note(self, squares):
        asked.append(len(squares))
        return pass_through(self, squares)

    monkeypatch.setattr(gate_net.Gate, "_assess_all", note)
    names = []
    for place in range(11):
        names.append(str(tmp_path / f"film-{place}.png"))
        cv2.imwrite(names[-1], np.rint(make_film(place, (64 + 40 * (place % 3),) * 2) * 255).astype(np.uint8))
    assert main(["predict", *names, "--weights", weights, "--anyway", "--batch", "4", "--csv"]) == 0
    assert sorted(asked) == [3, 4, 4]
