// What the two pages of a class share: what they ask the server, and how they hear of what is new. A phone may sleep and
// a network may go: what was asked is asked again, and this browser keeps the place until the class is over.
const RETRY_MS = 1500;
const room = /** @type {HTMLElement} */ (document.getElementById("room"));
const lost = /** @type {HTMLElement} */ (document.getElementById("lost"));
const here = location.pathname.replace(/(\/teach)?\/?$/, ""); // where the class is, also under a path of a proxy

/** @param {string} text */
function complain(text) {
  lost.hidden = !text;
  lost.textContent = text;
}

/** @type {typeof globalThis.rest} */
const rest = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

/**
 * @param {string} name
 * @param {object} told
 */
function post(name, told) {
  const body = JSON.stringify({ language: document.documentElement.lang, ...told });
  return fetch(`${here}/${name}`, { method: "POST", headers: { "content-type": "application/json" }, body });
}

/** @type {typeof globalThis.ask} */
async function ask(name, told) {
  for (;;) {
    try {
      const found = await (await post(name, told)).json();
      if (lost.textContent === lost.dataset.told) complain("");
      return found;
    } catch {
      complain(String(lost.dataset.told));
      await rest(RETRY_MS);
    }
  }
}

/** @type {typeof globalThis.makeToken} */
function makeToken() {
  const bytes = crypto.getRandomValues(new Uint8Array(16)); // there also without https, unlike randomUUID
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

let has = -1; // the film that this page has
/** @type {typeof globalThis.describePage} */
const describePage = () => ({ has });

/** @type {typeof globalThis.takeFilm} */
function takeFilm({ has: turn, picture }) {
  if (turn === undefined || !picture) return;
  has = turn;
  room.style.cssText = picture;
}

/** @type {typeof globalThis.follow} */
async function follow(name, who, heed) {
  for (let told = who(); told; told = who()) {
    const found = await ask(name, told);
    heed(found);
    if (found.error) await rest(RETRY_MS);
  }
}

const KEPT = /^[0-9a-f]{32}( [A-Z0-9]+)?$/; // what `makeToken` gives, and the class that it is of

/** @type {typeof globalThis.recall} */
function recall(name) {
  try {
    const kept = localStorage.getItem(name) ?? "";
    return KEPT.test(kept) ? kept : "";
  } catch {
    return ""; // where nothing may be kept, a page that is loaded anew has lost its place
  }
}

/** @type {typeof globalThis.remember} */
function remember(name, value) {
  try {
    if (value) localStorage.setItem(name, value);
    else localStorage.removeItem(name);
  } catch {}
}

for (const link of /** @type {NodeListOf<HTMLAnchorElement>} */ (document.querySelectorAll(".languages a"))) {
  link.addEventListener("click", () => {
    link.hash = location.hash;
  });
}
