// Calls of our pages back to the app. They carry the page's session token; there are no cookies.
// Nothing here needs the host's AP: the pages work without it.

const token = document.querySelector("meta[name=atlassian-connect-session]").content;

async function call(url, options = {}) {
  const headers = { Authorization: `JWT ${token}`, Accept: "application/json", ...options.headers };
  const response = await fetch(url, { ...options, headers }).catch(() => null);
  if (response?.ok) return response;
  if (!response) throw new Error("The app cannot be reached. Please try again.");
  if (response.status === 401) throw new Error("This page is too old. Please reload it.");
  const answer = await response.json().catch(() => ({}));
  throw new Error(answer.message ?? "That did not work. Please try again.");
}

async function post(url, body) {
  const headers = { "Content-Type": "application/json" };
  return (await call(url, { method: "POST", headers, body: JSON.stringify(body) })).json();
}

// --- choosing a space ---------------------------------------------------------------------------

const chooser = document.querySelector("select[data-list]");
const list = document.querySelector("#list");

chooser?.addEventListener("change", async () => {
  const wanted = chooser.value;
  list.setAttribute("aria-busy", "true");
  try {
    const url = `${chooser.dataset.list}?area=${encodeURIComponent(wanted)}`;
    const html = await (await call(url)).text(); // errors come as JSON
    if (chooser.value === wanted) list.innerHTML = html; // made and escaped by our own template
  } catch (error) {
    if (chooser.value === wanted) list.replaceChildren(paragraph(error.message));
  }
  if (chooser.value === wanted) list.removeAttribute("aria-busy");
});

function paragraph(text) {
  const element = document.createElement("p");
  element.className = "error";
  element.textContent = text;
  return element;
}

// --- settings -----------------------------------------------------------------------------------

const form = document.querySelector("form[data-save]");
const choices = document.querySelector("ul[data-watch]");
const message = document.querySelector("#message");

function say(text, isError = false) {
  message.textContent = text;
  message.className = isError ? "error" : "";
}

async function whileDisabled(button, work) {
  button.disabled = true;
  try {
    say(await work());
  } catch (error) {
    say(error.message, true);
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

choices?.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-key]");
  if (!button) return;
  const watching = button.getAttribute("aria-pressed") === "true";
  whileDisabled(button, async () => {
    const { key, watched } = await post(watching ? choices.dataset.unwatch : choices.dataset.watch, {
      key: button.dataset.key,
    });
    button.setAttribute("aria-pressed", String(watched));
    return watched ? `${key} is watched now.` : `${key} is no longer watched.`;
  });
});
