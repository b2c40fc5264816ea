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

/** A length as apps give it: a number and "400" are pixels, "50%" and "20em" stay. */
export function length(value) {
  const text = String(value ?? '').trim();
  return /^\d+(\.\d+)?$/.test(text) ? `${text}px` : text;
}
