// A "?" beside a term, and what it means in one or two plain sentences.
import { tag } from "./markup.js";
import { formatText, hasText } from "./words.js";

const TERMS = [
  "probability", "threshold", "logit", "cam", "lrp", "contrast", "cells", "scale", "window", "cannot-tell", "agreement",
  "ensemble",
]; // biome-ignore format: those that the page has

/** The button, which the browser itself opens the sheet by; null for what has no sheet. @param {string} key */
export function renderTerm(key) {
  if (!hasText(`term-${key}`)) return null;
  const text = formatText("term-sheet.ask", { term: formatText(`term-${key}`) });
  return tag(
    "button",
    { type: "button", class: "term", popovertarget: `term-${key}`, "aria-label": text, title: text },
    "?",
  );
}

/** The sheets of all terms, once for the page. */
export const renderTerms = () =>
  TERMS.map((key) => {
    const id = `term-${key}`;
    const close = {
      type: "button",
      popovertarget: id,
      popovertargetaction: "hide",
      "aria-label": formatText("term-sheet.close"),
    };
    return tag(
      "div",
      { id, popover: true, class: "term-sheet", role: "dialog", "aria-labelledby": `${id}-name` },
      tag("header", {}, tag("b", { id: `${id}-name` }, formatText(id)), tag("button", close, "×")),
      tag("p", {}, formatText(`${id}.meaning`)),
    );
  });
