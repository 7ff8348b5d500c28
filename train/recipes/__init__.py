"""RECIPES: name -> function(pretrained) -> Recipe. One file per system."""

from __future__ import annotations

from collections.abc import Callable

from train.recipe import Recipe
from train.recipes.kermany import kermany_densenet121

RECIPES: dict[str, Callable[[bool], Recipe]] = {
    "kermany-densenet121": kermany_densenet121,
}
