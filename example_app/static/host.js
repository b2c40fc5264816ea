// What the page asks of the host: AP, the host's script, comes with the page. The pages can be read without it.

const AP = window.AP?.context && window.AP;

export const framed = Boolean(AP);

/** Take the product's light or dark theme, and change with it. */
export function followTheme() {
  AP?.theming?.initializeTheming();
}

/** A token for calls to the app. The host's is always fresh and says where the user is; the page's own grows old. */
export async function token() {
  return AP ? AP.context.getToken() : document.querySelector("meta[name=atlassian-connect-session]").content;
}

/** Say how something went: as a flag of the product, or on the page. */
export function say(text, { failed = false } = {}) {
  const place = document.querySelector("#message");
  if (!AP?.flag) {
    if (!place) return;
    place.textContent = text;
    place.className = failed ? "error" : "";
    return;
  }
  AP.flag.create({
    title: failed ? "That did not work" : "Done",
    body: text,
    type: failed ? "error" : "success",
    close: failed ? "manual" : "auto",
  });
}

let answered = null; // what the open dialog's answer goes to

AP?.events.on("dialog.close", (answer) => {
  answered?.(answer?.confirmed ? answer : null);
  answered = null;
});

/** Ask the user in a dialog of the product. Gives what the dialog closed with; null when it was cancelled. */
export function confirmed({ header, submitText, ...question }) {
  if (!AP) return Promise.resolve(window.confirm(question.text) ? { confirmed: true, note: "" } : null);
  return new Promise((resolve) => {
    answered?.(null);
    answered = resolve;
    AP.dialog.create({ key: "confirm", size: "small", chrome: true, header, submitText, customData: question });
  });
}

/** Tell the app's other frames of this page, and hear from them. */
export const tell = (event, data) => AP?.events.emit(event, data);
export const hear = (event, listener) => AP?.events.on(event, listener);

/** Add a version or a comment that says so, as the user, with the user's permissions. */
export function markAsChecked(product, id, note) {
  return product === "jira" ? comment(id, note) : newVersion(id, note);
}

const JSON_TYPE = "application/json";

async function newVersion(id, note) {
  const url = `/api/v2/pages/${encodeURIComponent(id)}`;
  const { title, status, body, version } = JSON.parse((await AP.request(`${url}?body-format=storage`)).body);
  const data = {
    id,
    status,
    title,
    body: { representation: "storage", value: body.storage.value },
    version: { number: version.number + 1, message: note },
  };
  await AP.request({ url, type: "PUT", contentType: JSON_TYPE, data: JSON.stringify(data) });
}

async function comment(id, note) {
  const url = `/rest/api/3/issue/${encodeURIComponent(id)}/comment`;
  const paragraph = { type: "paragraph", content: [{ type: "text", text: note }] };
  const data = { body: { type: "doc", version: 1, content: [paragraph] } };
  await AP.request({ url, type: "POST", contentType: JSON_TYPE, data: JSON.stringify(data) });
}

/** The dialog's side of {@link confirmed}: what is asked, and how it ends. */
export const dialog = AP?.dialog && {
  question: () => new Promise((resolve) => AP.dialog.getCustomData(resolve)),
  onSubmit(answer) {
    AP.dialog.disableCloseOnSubmit();
    AP.events.on("dialog.submit", () => AP.dialog.close({ confirmed: true, ...answer() }));
  },
};
