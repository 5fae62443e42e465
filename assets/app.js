// Enhancement only: every page works without this file.
import { initAll } from "./nhsuk-frontend.min.js";

initAll();

// Click a mark on the overview strip to jump to its entry (the list holds the same facts for keyboard and screen reader users).
for (const mark of document.querySelectorAll("svg [data-ref]")) {
  const entry = document.getElementById(mark.dataset.ref);
  if (!entry) continue;
  mark.classList.add("is-link");
  mark.addEventListener("click", () => {
    for (const found of document.querySelectorAll(".is-found")) found.classList.remove("is-found");
    entry.classList.add("is-found");
    entry.scrollIntoView({ block: "center" });
  });
}

// Follow-up questions: shown when the answer above switches them on. The server decides all the same.
// data-when is "all" or "any", then "name=value" words: shown when they hold.
const holds = (line) => {
  const cut = line.indexOf("=");
  const name = line.slice(0, cut), value = line.slice(cut + 1);
  for (const field of document.getElementsByName(name)) {
    const on = field.type === "radio" || field.type === "checkbox" ? field.checked : true;
    if (on && (value === "*" ? field.value !== "" : field.value === value)) return true;
  }
  return false;
};
const whenParts = [...document.querySelectorAll("[data-when]")];
const showParts = () => {
  for (const part of whenParts) {
    const [how, ...lines] = part.dataset.when.split(" ").filter((l) => l);
    part.hidden = !(how === "any" ? lines.some(holds) : lines.every(holds));
  }
};
if (whenParts.length) {
  document.addEventListener("change", showParts);
  showParts();
}

// A form that holds words: warn before leaving, and keep a draft on the server every 20 seconds while it changes.
for (const form of document.querySelectorAll("form[data-guard]")) {
  let dirty = false, changed = false;
  form.addEventListener("input", () => { dirty = changed = true; });
  form.addEventListener("submit", () => { dirty = changed = false; });
  addEventListener("beforeunload", (e) => { if (dirty) e.preventDefault(); });
  const place = form.querySelector("[data-draft-state]");
  const url = form.dataset.draft;
  if (!url) continue;
  setInterval(async () => {
    if (!changed) return;
    changed = false;
    try {
      const answer = await fetch(url, { method: "POST", body: new URLSearchParams(new FormData(form)), redirect: "error", headers: { accept: "application/json" } });
      if (!answer.ok) throw new Error(String(answer.status));
      const { saved } = await answer.json();
      dirty = false;
      if (place) place.textContent = saved;
    } catch {
      changed = true;
      if (place) place.textContent = "Your words are not saved yet: the server did not answer. Do not close this page.";
    }
  }, 20000);
}

// A scroll area needs a tab stop only while it overflows.
for (const area of document.querySelectorAll(".app-scroll"))
  new ResizeObserver(() => { if (area.scrollWidth > area.clientWidth) area.tabIndex = 0; else area.removeAttribute("tabindex"); }).observe(area);
