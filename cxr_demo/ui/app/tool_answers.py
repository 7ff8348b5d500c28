"""What a language model gets of an answer, as content of the Model Context Protocol: JSON without its pictures and its
report, which would fill its memory as text, and each of them after it."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Sequence
from typing import Any

from mcp.types import BlobResourceContents, EmbeddedResource, ImageContent, TextContent
from pydantic import AnyUrl

PNG, PDF = "data:image/png;base64,", "data:application/pdf;base64,"
Content = TextContent | ImageContent | EmbeddedResource


def make_content(answer: dict[str, Any]) -> list[Content]:
    """In the text `overlay` of each map is the place of its picture among the contents; `report` that of the PDF."""
    told = copy.deepcopy(answer)
    others: list[ImageContent | EmbeddedResource] = []
    for each in told.get("maps", {}).values():
        others.append(ImageContent(type="image", data=each["overlay"].removeprefix(PNG), mimeType="image/png"))
        each["overlay"] = len(others)
    if "report" in told:
        file = BlobResourceContents(
            uri=AnyUrl("file:///cxr-report.pdf"), mimeType="application/pdf", blob=told["report"].removeprefix(PDF)
        )
        others.append(EmbeddedResource(type="resource", resource=file))
        told["report"] = len(others)
    return [TextContent(type="text", text=json.dumps(told, ensure_ascii=False)), *others]


def tell_in_json(usual: Callable[..., list]) -> Callable[..., list]:
    """`usual` is what gradio makes of the values of an event, which is Python's own text of an object."""

    def make(data: Sequence[Any], *more: Any) -> list:
        contents = []
        for each in data:
            contents += make_content(each) if isinstance(each, dict) else usual([each], *more)
        return contents

    return make
