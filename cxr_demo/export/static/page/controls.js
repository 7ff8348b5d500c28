// What a person looks at the panels with: the same markup as beside a server, for the same viewer.
import { drawIcon, renderScrollable, tag } from "./markup.js";
import { renderTerm } from "./terms.js";
import { formatText } from "./words.js";

const BUTTONS = { out: "−", in: "+", pixels: "", invert: "", reset: "", swipe: "" }; // by action, and its sign
const GESTURES = [
  "zoom", "move", "window", "invert", "whole", "pixels", "reset", "bare", "swipe", "enlarge", "draw", "region",
  "region-size", "region-remove", "help",
]; // biome-ignore format: a table
const CORNERS_PATH = "M2 6V2h4M10 2h4v4M14 10v4h-4M6 14H2v-4";

/** @param {boolean} hasContrast some map can be set against the other findings */
export function renderDrawingControls(hasContrast) {
  /** @type {(of: string, attributes: Record<string, string>, text: string) => HTMLElement} */
  const tick = (of, attributes, text) => tag("label", attributes, tag("input", { type: "checkbox", class: of }), text);
  const ways = ["relative", "absolute"].map((value) =>
    tag("label", {}, tag("input", { type: "radio", name: "scale", value }), formatText(`scale-${value}`)),
  );
  return tag(
    "div",
    { class: "controls", role: "group", "aria-label": formatText("drawing") },
    tag(
      "label",
      {},
      formatText("opacity"),
      tag("input", { type: "range", class: "opacity", min: 0, max: 100, step: 5, value: 70 }),
      tag("output", {}, "70 %"),
    ),
    tag(
      "div",
      { class: "scales", role: "radiogroup", "aria-label": formatText("scale") },
      tag("span", {}, formatText("scale")),
      renderTerm("scale"),
      ways,
      tick("keep", { title: formatText("scale-keep.hint"), class: "shared" }, formatText("scale-keep")),
    ),
    hasContrast &&
      tag(
        "span",
        { class: "with-term" },
        tick("contrast", { title: formatText("contrast.hint") }, formatText("contrast")),
        renderTerm("contrast"),
      ),
    tag(
      "details",
      { class: "pop" },
      tag("summary", {}, formatText("drawing-more")),
      tag(
        "div",
        {},
        tick("contours", {}, formatText("contours")),
        tag("span", { class: "with-term" }, tick("as-cells", {}, formatText("cells")), renderTerm("cells")),
      ),
    ),
  );
}

/**
 * @param {string} action
 * @param {string} sign stands for it, and its name is for those who do not see it
 */
function renderButton(action, sign) {
  const text = formatText(`view-${action}`);
  const isToggle = action === "invert" || action === "swipe";
  const words = ["line", "beside", "none"].map((word) => [`data-${word}`, formatText(`swipe-${word}`)]);
  return tag(
    "button",
    {
      type: "button",
      "data-view": action,
      title: formatText(`view-${action}.hint`),
      "aria-label": sign && text,
      "aria-pressed": isToggle && "false",
      ...(action === "swipe" ? Object.fromEntries(words) : {}),
    },
    sign || text,
  );
}

/** @param {NonNullable<FilmTold["windows"]>["names"]} windows of the file, where there is a choice */
export function renderViewControls(windows) {
  const options = windows.map((name, value) =>
    tag("option", { value }, typeof name === "string" ? name : formatText(name.name, name.values)),
  );
  const choice = tag("label", {}, formatText("greys-file"), tag("select", { class: "file-window" }, options));
  const buttons = Object.entries(BUTTONS).map(([action, sign]) => renderButton(action, sign));
  const sliders = /** @type {const} */ ([
    ["level", 0, 100, 50],
    ["window", 1, 200, 100],
  ]).map(([name, min, max, value]) =>
    tag(
      "label",
      {},
      formatText(`greys-${name}`),
      tag("input", { type: "range", class: name, min, max, value }),
      tag("output", {}, `${value} %`),
    ),
  );
  return tag(
    "div",
    { class: "view", role: "group", "aria-label": formatText("view") },
    buttons.slice(0, 2),
    tag("output", { class: "zoom", title: formatText("zoom-times") }),
    buttons.slice(2),
    tag(
      "details",
      { class: "pop greys" },
      tag("summary", {}, formatText("greys")),
      tag(
        "div",
        {},
        windows.length > 1 && choice,
        tag("div", { class: "with-term" }, tag("div", {}, sliders), renderTerm("window")),
      ),
    ),
    tag("button", { type: "button", class: "bare", title: formatText("film-alone.hint") }, formatText("film-alone")),
    renderButton("help", ""),
  );
}

/** @param {number} most regions */
export function renderRegionControls(most) {
  const name = formatText("regions-draw");
  const draw = ["box", "outline"].map((shape) =>
    tag(
      "button",
      {
        type: "button",
        class: "draw-region",
        "data-shape": shape,
        "data-most": most,
        title: formatText(`regions-draw.${shape}-hint`),
        "aria-pressed": "false",
      },
      formatText(`regions-draw.${shape}`),
    ),
  );
  return tag(
    "div",
    { class: "view", role: "group", "aria-label": name },
    tag("span", {}, name),
    draw,
    tag(
      "button",
      { type: "button", class: "undo", disabled: true, title: formatText("regions-draw.undo-hint") },
      formatText("regions-draw.undo"),
    ),
    tag("span", { class: "limit", role: "status", "data-text": formatText("region.too-many", { most }) }),
  );
}

/** @param {string} panel */
export function renderEnlargeButton(panel) {
  const text = formatText("enlarge", { panel });
  const icon = drawIcon("0 0 16 16", CORNERS_PATH);
  return tag("button", { type: "button", class: "enlarge", "aria-label": text, title: text }, icon);
}

export function renderKeysSheet() {
  const head = ["what", "mouse", "touch", "keys"].map((column) =>
    tag("th", { scope: "col" }, formatText(`gesture-columns.${column}`)),
  );
  const rows = GESTURES.map((name) =>
    tag(
      "tr",
      {},
      tag("th", { scope: "row" }, formatText(`gesture-${name}`)),
      ["mouse", "touch", "keys"].map((way) => tag("td", {}, formatText(`gesture-${name}.${way}`))),
    ),
  );
  const title = formatText("gestures");
  const table = tag("table", {}, tag("thead", {}, tag("tr", {}, head)), tag("tbody", {}, rows));
  return tag(
    "dialog",
    { "aria-labelledby": "keys-title" },
    tag("h2", { id: "keys-title" }, title),
    renderScrollable(title, table),
    tag("p", {}, formatText("gestures.linked")),
    tag("form", { method: "dialog" }, tag("button", {}, formatText("gestures.close"))),
  );
}
