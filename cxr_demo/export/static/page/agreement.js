// How far the maps that are shown agree, pair by pair.
import { correlateRanks, findFrame, sumInFields } from "./fields.js";
import { findMethod, isMade, placeMap } from "./maps.js";
import { renderDetails, renderMeasure, renderScrollable, tag } from "./markup.js";
import { renderTerm } from "./terms.js";
import { chooseText, formatList, formatSigned, formatText } from "./words.js";

const FIELDS = 16; // of a side, in which maps are compared

/** @param {import("./panels.js").Looked} looked */
export function renderAgreement({ network, film, entries }) {
  const maps = [...entries.values()].filter(isMade);
  if (maps.length < 2) return null;
  const frame = findFrame(network.preprocess, film.width, film.height);
  const sums = maps.map((made) => sumInFields(placeMap(made, findMethod(network, made.key)), frame, FIELDS));
  const names = maps.map(({ key }) => chooseText(findMethod(network, key).name));
  const rows = maps.flatMap((_, a) =>
    maps.slice(a + 1).map((_, after) => {
      const b = a + 1 + after;
      const rank = correlateRanks(sums[a], sums[b]);
      const text = Number.isNaN(rank) ? formatText("undefined") : formatSigned(rank);
      const silent = [a, b].filter((at) => maps[at].scale.nothing).map((at) => names[at]);
      const pair = tag(
        "th",
        { scope: "row" },
        names[a],
        tag("small", {}, ` ${formatText("agreement.with")} `),
        names[b],
        silent.length > 0 &&
          tag("small", { class: "note" }, formatText("agreement.silent", { maps: formatList(silent) })),
      );
      return tag("tr", {}, pair, tag("td", {}, renderMeasure(text, 0.5, (rank + 1) / 2, 0.5)));
    }),
  );
  const head = ["agreement.maps", "agreement.rank"].map((name) => tag("th", { scope: "col" }, formatText(name)));
  const table = tag("table", {}, tag("thead", {}, tag("tr", {}, head)), tag("tbody", {}, rows));
  return tag(
    "section",
    { class: "agreement" },
    tag("div", { class: "with-term" }, tag("h3", {}, formatText("agreement")), renderTerm("agreement")),
    renderScrollable(formatText("agreement"), table),
    tag("p", { class: "how" }, tag("strong", {}, formatText("trial-rank.says-not"))),
    renderDetails(formatText("agreement.measured"), tag("p", {}, formatText("browser-agreement-how"))),
  );
}
