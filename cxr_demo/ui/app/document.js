// What all scripts of a page ask of its document: its parts and what they are given, what happens in them, files that
// come, and another state of their markup.
/** @type {Map<string, PageBody>} */
const bodies = new Map();
/** @type {Record<string, Function>} */
const parts = {};
/** @type {Record<string, Function>} */
const controls = {};

/** @type {typeof globalThis.pictureOf} */
const pictureOf = (id) => /** @type {Picture} */ (bodies.get(id));

/** @type {typeof globalThis.packedMapOf} */
const packedMapOf = (id) => /** @type {PackedMap} */ (bodies.get(id));

/** @type {typeof globalThis.onPart} */
function onPart(name, draw) {
  parts[name] = draw;
}

// What a press has changed here already is put right with every value, also where its part is the same again.
/** @type {typeof globalThis.onControl} */
function onControl(name, set) {
  controls[name] = set;
}

/** @type {typeof globalThis.partOf} */
const partOf = (name) => /** @type {HTMLElement} */ (document.querySelector(`#${name} .part`));

/**
 * Make `old` look like `fresh`, keeping the nodes that are alike: the keyboard's place, what is open and what is drawn
 * stay, and so does what a script has added.
 * @type {typeof globalThis.patch}
 */
function patch(old, fresh) {
  const wanted = [...fresh.childNodes];
  const isSame = old.firstChild?.nodeName === wanted[0]?.nodeName;
  const kept = [...old.childNodes].filter((node) => !(isSame && node instanceof HTMLElement && node.dataset.added));
  wanted.forEach((node, at) => {
    const before = kept[at];
    if (!before) old.append(node);
    else if (before.nodeName !== node.nodeName) before.replaceWith(node);
    else if (before instanceof Element && node instanceof Element) {
      patchAttributes(before, node);
      patch(before, node);
    } else if (before.nodeValue !== node.nodeValue) before.nodeValue = node.nodeValue;
  });
  for (const node of kept.slice(wanted.length)) node.remove();
}

/**
 * What a person has opened or a script has set stays.
 * @param {Element} old
 * @param {Element} fresh
 */
function patchAttributes(old, fresh) {
  const isSize = (/** @type {string} */ name) => old.localName === "canvas" && ["width", "height"].includes(name);
  const isOpened = (/** @type {string} */ name) => old.localName === "details" && name === "open";
  const stays = (/** @type {string} */ name) => isOpened(name) || isSize(name);
  for (const { name } of [...old.attributes]) {
    if (!stays(name) && !fresh.hasAttribute(name)) old.removeAttribute(name);
  }
  for (const { name, value } of fresh.attributes) {
    if (stays(name) || old.getAttribute(name) === value) continue;
    // The attribute of a style is not read under a strict policy.
    if (name === "style" && old instanceof HTMLElement) old.style.cssText = value;
    else old.setAttribute(name, value);
  }
}

/**
 * The document may be the target too, which is no element.
 * @type {typeof globalThis.within}
 */
function within(event, selector) {
  const target = /** @type {Partial<Element>} */ (event.target);
  return /** @type {any} */ (target.closest?.(selector) ?? null);
}

/** @type {typeof globalThis.on} */
function on(kind, selector, heard) {
  document.addEventListener(kind, (event) => {
    const found = within(event, selector);
    if (found) heard(/** @type {any} */ (found), /** @type {any} */ (event));
  });
}

/** @type {typeof globalThis.onFiles} */
function onFiles(give) {
  on("change", "#film input[type=file]", (input) => {
    const chosen = [...(input.files ?? [])];
    input.value = ""; // free for the same film again
    if (chosen.length) give(chosen);
  });
  document.addEventListener("paste", (event) => {
    const pasted = [...(event.clipboardData?.files ?? [])];
    if (!pasted.length) return;
    event.preventDefault();
    give(pasted);
  });
  document.addEventListener("dragover", (event) => {
    event.preventDefault();
    document.body.dataset.dragging = "1";
  });
  document.addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) delete document.body.dataset.dragging;
  });
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    delete document.body.dataset.dragging;
    const dropped = [...(event.dataTransfer?.files ?? [])];
    if (dropped.length) give(dropped);
  });
}
