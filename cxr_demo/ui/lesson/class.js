// A learner's page of a class. What `exam.js` is given by gradio on the page for films, it is given here.
const SEAT = "class-seat";
const element = room;
const form = room.innerHTML; // by which one joins
/** @type {(() => void)[]} */
const watchers = [];
/** @type {typeof globalThis.watch} */
const watch = (_, changed) => watchers.push(changed);
const code = decodeURIComponent(location.hash.slice(1));
let [seat, ofClass] = recall(SEAT).split(" ");
let seen = "";

/** @param {string} name */
const fieldOf = (name) => /** @type {HTMLInputElement | null} */ (document.getElementById(name));

/** @param {string} html */
function show(html) {
  room.innerHTML = html;
  for (const changed of watchers) changed();
  const field = fieldOf("code");
  if (field) field.value = code;
}

/** @param {string} [why] */
function leave(why) {
  seat = seen = "";
  remember(SEAT, "");
  show(form);
  complain(why ?? "");
}

/** @type {Heed} */
function heed(found) {
  if (found.over) return leave(found.error);
  if (found.error) complain(found.error);
  if (!found.html || found.mark === seen) return;
  seen = String(found.mark);
  if (!found.error) complain("");
  show(found.html);
}

function begin() {
  follow("look", () => (seat ? { seat, seen } : null), heed);
}

/** @param {{ state: string, own: object[] }} told */
async function send({ state, own }) {
  const found = await ask("answer", { seat, turn: Number(state), own });
  heed(found);
  if (!found.error || !seat) return;
  seen = ""; // it was not taken: what is to be seen now
  heed({ ...(await ask("look", { seat, seen })), error: found.error });
}

/** @type {typeof globalThis.trigger} */
function trigger(_, data) {
  const told = /** @type {{ go: string, state: string, own: object[] }} */ (data);
  if (told.go === "answer") send(told);
}

room.addEventListener("submit", async (event) => {
  event.preventDefault();
  const button = /** @type {HTMLButtonElement} */ (room.querySelector("form button"));
  button.disabled = true;
  complain("");
  const found = await ask("join", { code: fieldOf("code")?.value, nickname: fieldOf("nickname")?.value });
  button.disabled = false;
  if (found.error) return complain(found.error);
  seat = String(found.seat);
  remember(SEAT, `${seat} ${code}`);
  heed(found);
  begin();
});
room.addEventListener("click", (event) => {
  if (/** @type {Element} */ (event.target).closest("button.leave")) leave();
});

if (code && ofClass && ofClass !== code) leave();
else if (seat) begin();
else show(form);
