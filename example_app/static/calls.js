// Calls of our pages back to the app. They carry a token each; there are no cookies.

import { token } from "./host.js";

async function call(url, options = {}) {
  const headers = { Authorization: `JWT ${await token()}`, Accept: "application/json", ...options.headers };
  const response = await fetch(url, { ...options, headers }).catch(() => null);
  if (response?.ok) return response;
  if (!response) throw new Error("The app cannot be reached. Please try again.");
  if (response.status === 401) throw new Error("This page is too old. Please reload it.");
  const answer = await response.json().catch(() => ({}));
  throw new Error(answer.message ?? "That did not work. Please try again.");
}

export async function getHtml(url) {
  return (await call(url)).text(); // errors come as JSON
}

export async function post(url, body) {
  const headers = { "Content-Type": "application/json" };
  return (await call(url, { method: "POST", headers, body: JSON.stringify(body) })).json();
}
