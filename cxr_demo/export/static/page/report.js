// About the network, and what a printed page says beside what is seen: a report.
import { tag } from "./markup.js";
import { chooseText, formatDay, formatText } from "./words.js";

/**
 * @param {Manifest} network
 * @param {Edition} edition
 * @param {boolean} isThere something to print
 */
export function renderFacts(network, edition, isThere) {
  const facts = [
    ["fact-summary", chooseText(network.summary)],
    ["fact-data", chooseText(network.data)],
    ["fact-limits", chooseText(network.caveat)],
    ["fact-licence", network.licence ?? ""],
    ["fact-sha256", network.weights_sha256],
    ["fact-edition", `${edition.version} · ${edition.date}`],
  ].filter(([, text]) => text);
  const listed = facts.flatMap(([name, text]) => [tag("dt", {}, formatText(name)), tag("dd", {}, text)]);
  const hint = tag("p", { class: "hint" }, formatText("browser-print.hint"));
  const button = tag("button", { type: "button", class: "print" }, formatText("browser-print"));
  const told = tag("details", {}, tag("summary", {}, formatText("facts")), tag("dl", { class: "facts" }, listed));
  return isThere ? [told, tag("p", { class: "ways" }, button, hint)] : [told];
}

/**
 * Seen on paper alone.
 * @param {import("./panels.js").Looked} looked
 * @param {Edition} edition
 */
export function renderReport({ network, filmName }, edition) {
  const made = formatText("browser-report", {
    film: filmName,
    network: chooseText(network.title),
    version: edition.version,
    sha256: network.weights_sha256,
    day: formatDay(new Date()),
  });
  return [tag("p", {}, made), tag("p", {}, tag("strong", {}, formatText("not-clinical")))];
}
