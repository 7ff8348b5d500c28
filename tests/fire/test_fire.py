"""The short form of `make fire`: a part of each attack that needs no server of its own."""

import pytest

from tests.fire import __main__ as fire
from tests.fire import faults, in_browser, on_files
from tests.fire.corpus import make_corpus

EVERY = 24  # of the corpus, one file in so many


@pytest.fixture(scope="module")
def corpus() -> list[tuple[str, bytes]]:
    return list(make_corpus())  # most of the time goes into making it


def test_the_corpus_is_large_and_no_two_of_it_are_called_the_same(corpus):
    names = [name for name, _ in corpus]
    assert len(names) > 1000 and len(set(names)) == len(names)


@pytest.mark.filterwarnings("ignore")  # of libraries, about what they read
def test_some_files_of_the_corpus(tmp_path, corpus):
    cases = corpus[::EVERY]
    found = on_files.attack_reading(tmp_path, cases)
    assert found.lost == [] and found.tried == len(cases)


@pytest.mark.filterwarnings("ignore")
def test_some_files_with_bytes_flipped():
    assert on_files.fuzz_reading(3, seed=1).lost == []


def test_an_attack_that_cannot_be_carried_out_is_a_lost_case(monkeypatch, capsys):
    def fail(*_):
        raise OSError("no room")

    for module in (on_files, faults, in_browser):
        for name in [name for name in vars(module) if name.startswith(("attack_", "fuzz_"))]:
            monkeypatch.setattr(module, name, fail)
    monkeypatch.setattr(fire, "serve", fail)
    monkeypatch.setattr("sys.argv", ["fire", "--seed", "1"])
    assert fire.main() == 1
    assert "13 cases, 13 lost" in capsys.readouterr().out


def test_some_checkpoints(tmp_path):
    found = on_files.attack_checkpoints(tmp_path, 1, seed=1)
    assert found.lost == [] and found.tried > 100


@pytest.mark.filterwarnings("ignore")
def test_faults_of_networks_methods_and_clocks_are_told(tmp_path):
    assert faults.attack_page(tmp_path).lost == []
