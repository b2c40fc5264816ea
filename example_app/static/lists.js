// The list of what is stale: choosing a space, marking something as checked, staying up to date.

import { getHtml } from "./calls.js";
import { confirmed, framed, hear, markAsChecked, say, tell } from "./host.js";

const CHECKED = "stale-pages.checked";

const list = document.querySelector("#list");
const chooser = document.querySelector("select[data-areas]");
const checked = new Set(); // the webhook that takes them off the app's own list may still be on its way
let latest = 0; // answers that come late must not replace newer ones

async function refresh() {
  const number = ++latest;
  list.setAttribute("aria-busy", "true");
  try {
    const area = chooser?.value ?? list.dataset.area;
    const html = await getHtml(`${list.dataset.list}?area=${encodeURIComponent(area)}`);
    if (number === latest) show(html);
  } catch (error) {
    if (number === latest) list.replaceChildren(paragraph(error.message));
  }
  if (number === latest) list.removeAttribute("aria-busy");
}

function show(html) {
  list.innerHTML = html; // made and escaped by our own template
  const rows = [...list.querySelectorAll("li[data-id]")];
  const done = rows.filter((row) => checked.has(row.dataset.id));
  done.forEach((row) => row.remove());
  if (done.length) list.querySelector("[data-count]").textContent = rows.length - done.length;
}

function paragraph(text) {
  const element = document.createElement("p");
  element.className = "error";
  element.textContent = text;
  return element;
}

async function check(row) {
  const { id, title } = row.dataset;
  const answer = await confirmed({
    header: "Mark as checked",
    submitText: "Mark as checked",
    text: `Is “${title}” still true?`,
    hint: list.dataset.product === "jira" ? "A comment in your name says so." : "A new version in your name says so.",
    note: "Checked, still true.",
  });
  if (!answer) return;
  row.setAttribute("aria-busy", "true");
  try {
    await markAsChecked(list.dataset.product, id, answer.note);
    tell(CHECKED, { id });
    say(`“${title}” is marked as checked.`);
  } catch (error) {
    row.removeAttribute("aria-busy");
    say(`“${title}” could not be marked: ${error.xhr?.status === 403 ? "you may not edit it" : "please try again"}.`, {
      failed: true,
    });
  }
}

if (list) {
  list.classList.toggle("framed", framed); // nothing can be marked without the host
  chooser?.addEventListener("change", refresh);
  list.addEventListener("click", (event) => {
    const row = event.target.closest("button[data-check]")?.closest("li");
    if (row) check(row);
  });
  // Every frame of the app on this page hears it, the one that told it too.
  hear(CHECKED, ({ id }) => {
    checked.add(id);
    refresh();
  });
  // Somebody who comes back from another tab may have edited there.
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") refresh();
  });
}
