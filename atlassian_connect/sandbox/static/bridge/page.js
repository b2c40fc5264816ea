// What the scripts know about the page, and how they ask the sandbox.

export const page = JSON.parse(document.getElementById('bridge-page').textContent);

/** Ask the sandbox about a frame. Rejects with a text for people; `error.status` is the HTTP status. */
export async function ask(what, frame, body = {}) {
  const response = await fetch(`/sandbox/bridge/${what}`, {
    method: 'POST',
    credentials: 'same-origin',
    headers: { 'Content-Type': 'application/json', 'X-CSRF-Token': page.csrfToken },
    body: JSON.stringify({ ...body, ticket: frame.data.ticket }),
  });
  const answer = await response.json().catch(() => ({ problem: `The sandbox answered ${response.status}.` }));
  if (!response.ok) {
    throw Object.assign(new Error(answer.problem ?? `The sandbox answered ${response.status}.`), {
      status: response.status,
    });
  }
  return answer;
}

/** Make an element: its tag, its attributes, its children. */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, '');
    else if (value !== false && value != null) element.setAttribute(name, value);
  }
  element.append(...children.filter(child => child != null));
  return element;
}

/** A length as apps give it: a number and "400" are pixels, "50%" and "20em" stay. */
export function length(value) {
  const text = String(value ?? '').trim();
  return /^\d+(\.\d+)?$/.test(text) ? `${text}px` : text;
}
