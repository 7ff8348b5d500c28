"""SYSTEMS: name -> function(pretrained, as_published) -> System. One file per system.

`pretrained`: start from ImageNet weights, which need the model hub, at the size and length they deserve; else from
scratch, in what two cores can do. `as_published`: with the paper's defects instead of what mends them.
"""

from __future__ import annotations

from collections.abc import Callable

from train.recipe import System
from train.recipes.adults import adults
from train.recipes.avola2022 import avola2022
from train.recipes.bassi2022 import bassi2022
from train.recipes.boit2019 import boit2019
from train.recipes.children import children
from train.recipes.consilium import consilium
from train.recipes.kermany import kermany_densenet121
from train.recipes.kufel2023 import kufel2023
from train.recipes.own import own_multi_label, own_single_label
from train.recipes.rajaraman2021 import rajaraman2021

SYSTEMS: dict[str, Callable[[bool, bool], System]] = {
    "kufel2023": kufel2023,
    "boit2019": boit2019,
    "bassi2022": bassi2022,
    "rajaraman2021": rajaraman2021,
    "avola2022": avola2022,
    "consilium": consilium,
    "kermany-densenet121": kermany_densenet121,
    "adults": adults,
    "children": children,
    "own-single-label": own_single_label,
    "own-multi-label": own_multi_label,
}
