// What comes in: a film of one's own by button, drop or paste, films to try, the network and the methods.
import { tag } from "./markup.js";
import { chooseText, formatMegabytes, formatText } from "./words.js";

/** @type {Record<string, string>} */
const LANGUAGE_NAMES = { en: "English", de: "Deutsch" }; // what each is called by those who speak it

/** @param {readonly string[]} languages */
export function renderTop(languages) {
  const buttons = languages.map((code) =>
    tag(
      "button",
      {
        type: "button",
        "data-language": code,
        lang: code,
        "aria-pressed": String(code === document.documentElement.lang),
      },
      LANGUAGE_NAMES[code] ?? code,
    ),
  );
  const group = { class: "languages", role: "group", "aria-label": formatText("languages") };
  const title = tag(
    "div",
    {},
    tag("div", { class: "name" }, tag("h1", {}, formatText("page-title")), tag("div", group, buttons)),
    tag("p", {}, formatText("page-subtitle")),
  );
  const room = document.body.dataset.room;
  const films = tag("a", { href: "#bench", "aria-current": !room && "page" }, tag("b", {}, formatText("door-films")));
  const lesson = tag(
    "a",
    { href: "#lesson-section", "aria-current": room === "lesson" && "page" },
    tag("b", {}, formatText("door-lesson")),
    tag("span", {}, formatText("door-lesson.hint")),
  );
  return [
    title,
    tag("nav", { id: "doors", "aria-label": formatText("doors") }, films, lesson),
    tag("p", { class: "warning" }, formatText("not-clinical")),
  ];
}

/** @param {number} more bytes that the first film of one's own needs */
export function renderDrop(more) {
  return [
    tag(
      "label",
      { class: "drop" },
      // No `accept`: DICOM files often have no ending, and what a file is, is decided by its bytes.
      tag("input", { type: "file", multiple: true }),
      tag("span", {}, tag("b", {}, formatText("invitation")), tag("span", {}, formatText("invitation.ways"))),
    ),
    tag("p", { class: "hint" }, `${formatText("invitation.formats")} ${formatText("browser-stays")}`),
    ...(more > 0
      ? [tag("p", { class: "hint still-to-load" }, formatText("browser-gate", { size: formatMegabytes(more) }))]
      : []),
  ];
}

/**
 * @param {Edition["examples"]} examples
 * @param {string} shown
 */
export function renderExamples(examples, shown) {
  if (!examples.length) return [];
  const buttons = examples.map(({ key }) =>
    tag(
      "button",
      {
        type: "button",
        "data-example": key,
        title: formatText(`example-${key}.gloss`),
        "aria-pressed": String(key === shown),
      },
      formatText(`example-${key}`),
    ),
  );
  const group = { role: "group", "aria-label": formatText("examples.label") };
  return [tag("div", group, tag("p", {}, formatText("examples")), buttons)];
}

/**
 * Those that are here already say what they are, the others what they weigh.
 * @param {Edition} edition
 * @param {ReadonlySet<string>} loaded
 * @param {string} chosen
 */
export function renderNetworks({ networks }, loaded, chosen) {
  const options = networks.map(({ name, choice, bytes }) => {
    const known = chooseText(choice);
    const text = loaded.has(name)
      ? known
      : formatText("browser-network", { title: known, size: formatMegabytes(bytes) });
    return tag("option", { value: name, selected: name === chosen }, text);
  });
  return [tag("label", { class: "choice" }, formatText("network"), tag("select", {}, options))];
}

/**
 * @param {readonly ManifestMethod[]} methods
 * @param {readonly string[]} chosen
 */
export function renderMethods(methods, chosen) {
  if (!methods.length) return [];
  const boxes = methods.map(({ key, name }) =>
    tag("label", {}, tag("input", { type: "checkbox", value: key, checked: chosen.includes(key) }), chooseText(name)),
  );
  return [
    tag(
      "details",
      {},
      tag("summary", {}, formatText("methods.choose", { methods: methods.length })),
      tag("fieldset", {}, tag("legend", {}, formatText("methods")), boxes),
      tag("p", { class: "hint" }, formatText("browser-methods-hint")),
    ),
  ];
}

/**
 * What is being done, how far it is, and the way to stop it.
 * @param {{ text: string, share: number } | null} working
 * @param {boolean} isStopped
 */
export function renderWork(working, isStopped) {
  if (isStopped && !working) {
    const again = tag("button", { type: "button", class: "go-on" }, formatText("browser-go-on"));
    return [tag("p", { class: "work" }, formatText("browser-stopped"), " ", again)];
  }
  if (!working) return [];
  const stop = tag("button", { type: "button", class: "stop" }, formatText("browser-stop"));
  const share = working.share > 0 ? { value: working.share } : {};
  return [
    tag("p", { class: "work" }, tag("span", {}, working.text), tag("progress", { max: 1, ...share, "aria-label": working.text }), stop),
  ]; // biome-ignore format: one line of it
}
