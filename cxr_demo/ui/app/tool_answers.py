"""What a language model gets of an answer, as content of the Model Context Protocol: JSON without its pictures, which
would fill its memory as text, and each picture after it."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Sequence
from typing import Any

from mcp.types import ImageContent, TextContent

PNG = "data:image/png;base64,"


def make_content(answer: dict[str, Any]) -> list[TextContent | ImageContent]:
    """In the text `overlay` of each map is the place of its picture among the contents."""
    told, pictures = copy.deepcopy(answer), []
    for each in told.get("maps", {}).values():
        pictures.append(ImageContent(type="image", data=each["overlay"].removeprefix(PNG), mimeType="image/png"))
        each["overlay"] = len(pictures)
    return [TextContent(type="text", text=json.dumps(told, ensure_ascii=False)), *pictures]


def tell_in_json(usual: Callable[..., list]) -> Callable[..., list]:
    """`usual` is what gradio makes of the values of an event, which is Python's own text of an object."""

    def make(data: Sequence[Any], *more: Any) -> list:
        contents = []
        for each in data:
            contents += make_content(each) if isinstance(each, dict) else usual([each], *more)
        return contents

    return make
