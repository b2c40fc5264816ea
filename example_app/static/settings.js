// The settings page: how old is stale, and which spaces are watched.

import { post } from "./calls.js";
import { confirmed, say } from "./host.js";

const form = document.querySelector("form[data-save]");
const choices = document.querySelector("ul[data-watch]");

async function whileDisabled(button, work) {
  button.disabled = true;
  try {
    const done = await work();
    if (done) say(done);
  } catch (error) {
    say(error.message, { failed: true });
  }
  button.disabled = false;
}

form?.addEventListener("submit", (event) => {
  event.preventDefault();
  whileDisabled(form.querySelector("button"), async () => {
    const { days } = await post(form.dataset.save, { days: form.elements.days.valueAsNumber });
    return `Saved: stale after ${days} days.`;
  });
});

async function toggle(button) {
  const { key, name } = button.dataset;
  const watching = button.getAttribute("aria-pressed") === "true";
  const sure = !watching || (await confirmed({
    header: "Stop watching",
    submitText: "Stop watching",
    text: `Stop watching “${name}”?`,
    hint: "Its place in the product goes, for everybody on this site.",
  }));
  if (!sure) return null;
  const { watched, refused } = await post(watching ? choices.dataset.unwatch : choices.dataset.watch, { key });
  button.setAttribute("aria-pressed", String(watched));
  if (refused) throw new Error(`${name} is watched, but has no link in the product, which says: ${refused}`);
  return watched ? `${name} is watched now.` : `${name} is no longer watched.`;
}

choices?.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-key]");
  if (button) whileDisabled(button, () => toggle(button));
});
