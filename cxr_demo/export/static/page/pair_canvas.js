// The canvases of two films beside each other: on each its film and, over it, one map.
import { fitShape, MAP_SIDE_PX } from "./engine/shape.js";
import { findFrame } from "./fields.js";
import { findMethod, isMade, placeMap } from "./maps.js";
import { areComparable, chooseLimits } from "./scales.js";

export const SIDES = /** @type {const} */ (["then", "now"]);

/** What is drawn: by canvas its film and its map. @type {{ about: string, held: boolean, layers: Map<string, Layers>, other: Greys | null }} */
const shown = { about: "", held: false, layers: new Map(), other: null };
let asked = false;

/** @param {string} method @param {string} side */
export const nameCanvas = (method, side) => `pair-${method}-${side}`;

/**
 * What the canvases show.
 * @param {import("./panels.js").Looked} now
 * @param {import("./pair.js").OtherLook} then
 * @param {boolean} held
 */
export function preparePair(now, then, held) {
  const about = `${now.filmId} ${then.filmId} ${now.network.name} ${now.label} ${now.contrast}`;
  if (about !== shown.about) asked = false;
  const known = about === shown.about ? shown.layers : new Map();
  Object.assign(shown, { about, held, layers: new Map(), other: then.greys });
  const films = [then, now];
  for (const method of now.network.methods.filter(({ key }) => now.entries.has(key))) {
    const { key } = method;
    const maps = films
      .map(({ entries }) => entries.get(key) ?? "coming")
      .map((entry) => (isMade(entry) ? entry : null));
    const limits = chooseLimits(maps, areComparable(films, method));
    for (const [at, side] of SIDES.entries()) {
      const [made, canvas] = [maps[at], nameCanvas(key, side)];
      if (!made || made.scale.nothing) continue;
      const source = `${about} ${canvas} ${limits[at]}`;
      const before = known.get(canvas);
      if (before?.source === source) {
        shown.layers.set(canvas, before);
        continue;
      }
      const { width, height } = films[at].film;
      const frame = findFrame(now.network.preprocess, ...fitShape(width, height, MAP_SIDE_PX));
      const table = tableOf({ table: now.tables[made.scale.shown] });
      const [smooth, cells] = [false, true].map((asCells) =>
        rasterise(
          placeMap(made, findMethod(now.network, key)),
          frame,
          table,
          made.scale.shown === "signed",
          { limit: limits[at], start: 0 },
          asCells,
        ),
      );
      shown.layers.set(canvas, { source, smooth, cells });
    }
  }
}

/** The canvases of the pair, as the panels are looked at. */
export function drawPair() {
  const part = partOf("pair");
  if (!part.querySelector("canvas")) return;
  const filmOf = (/** @type {string} */ panel) => (panel.endsWith("-then") ? shown.other : drawing.film);
  paintAll(part, (panel) => shown.layers.get(panel), shown.held && !asked, asked, filmOf);
}

document.addEventListener("cxr-drawing", drawPair);
on("click", "#pair button.ask", () => {
  asked = !asked;
  drawPair();
});
