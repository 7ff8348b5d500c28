// The page: its language, its rooms, and what of it is kept for a visit without a network.

import { desk, edition, files, identify, isOneFile } from "./desk.js";
import { openExam } from "./exam.js";
import { renderTop } from "./intake.js";
import { follow, untilRest } from "./run.js";
import { showAll } from "./show.js";
import { hearAll, takeExample } from "./wishes.js";

const KEEP_LANGUAGE = "language";
const KEPT_FOR_LATER = [
  "fast-png/index.js", "fflate.js", "utif.js", "pako.js", "dicom-parser.js", "jpeg-lossless.js", "charls.js",
  "charls.wasm", "openjpeg.js", "openjpeg.wasm",
]; // biome-ignore format: of lib/, what films of other kinds need

/** @param {string} code */
function setLanguage(code) {
  document.documentElement.lang = code;
  try {
    localStorage.setItem(KEEP_LANGUAGE, code);
  } catch {} // where nothing may be kept, the next visit begins anew
  showAll();
  document.dispatchEvent(new Event("language"));
}

function chooseLanguage() {
  let kept = null;
  try {
    kept = localStorage.getItem(KEEP_LANGUAGE);
  } catch {} // where nothing may be kept
  const wanted = [kept ?? "", ...navigator.languages].map((code) => code.toLowerCase().split("-")[0]);
  document.documentElement.lang = wanted.find((code) => edition.languages.includes(code)) ?? edition.languages[0];
}

function enterRoom() {
  const isLesson = location.hash === "#lesson-section";
  if (isLesson) document.body.dataset.room = "lesson";
  else delete document.body.dataset.room;
  showPart("top", renderTop(edition.languages), identify());
}

/** What has been loaded is kept for a visit without a network. */
async function keepOffline() {
  if (isOneFile || !("serviceWorker" in navigator) || !isSecureContext) return;
  await navigator.serviceWorker.register("sw.js");
  navigator.serviceWorker.addEventListener("message", () => {
    document.body.dataset.kept = "1";
  });
  const { active } = await navigator.serviceWorker.ready;
  const later = KEPT_FOR_LATER.map((name) => String(new URL(`lib/${name}`, document.baseURI)));
  const loaded = performance.getEntriesByType("resource").map(({ name }) => name);
  active?.postMessage([location.href.split("#")[0], ...loaded, ...later]);
}

const dark = matchMedia("(prefers-color-scheme: dark)");
const paper = matchMedia("print"); // is white
const setTheme = () => document.body.classList.toggle("dark", dark.matches && !paper.matches);
for (const media of [dark, paper]) media.addEventListener("change", setTheme);
setTheme();
chooseLanguage();
hearAll();
on("click", "#top button[data-language]", ({ dataset }) => setLanguage(String(dataset.language)));
addEventListener("hashchange", enterRoom);
enterRoom();
openExam(edition, files);
takeExample();
if (!desk.film) follow();
document.querySelector("#start")?.remove();
untilRest()
  .then(keepOffline)
  .catch(() => {}); // a page that cannot be kept works as long as it is open
