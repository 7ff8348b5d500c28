// Before anything is drawn: the language of a link, the one that was chosen here before, the host's, or the first of the
// browser's that there is.
let chosen = null;
try {
  chosen = localStorage.getItem("language");
} catch {} // where nothing may be kept
const [mark, settings] = location.hash.split("?");
const linked = mark === "#settings" ? new URLSearchParams(settings).get("lang") : null; // of `link.js`
const wanted = [linked ?? "", chosen ?? "", HOST_LANGUAGE, ...navigator.languages].map(
  (code) => code.toLowerCase().split("-")[0],
);
document.documentElement.lang = wanted.find((code) => LANGUAGES.includes(code)) ?? LANGUAGES[0];
