// What all scripts of a page ask of its document: its parts, what happens in them, and another state of their markup.
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
