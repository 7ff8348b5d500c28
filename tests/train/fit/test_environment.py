"""What a card says of how it was made holds nothing of one machine's folders."""

from __future__ import annotations

import pytest

from train.fit.environment import hide_folders


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("run kufel2023 --data /home/me/films --out runs/a", "run kufel2023 --data DATA --out runs/a"),
        ("run kufel2023 --data=../films --seed 3", "run kufel2023 --data=DATA --seed 3"),
        ("run kufel2023 --data d --out ../a", "run kufel2023 --data DATA --out a"),
        ("ensemble /home/me/a b --out /mnt/joined --data d", "ensemble a b --out joined --data DATA"),
    ],
)
def test_folders_of_one_machine_are_not_told(given, told):
    assert " ".join(hide_folders(given.split())) == told
