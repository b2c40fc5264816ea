// The page in a dialog: shows what the opener asks, and closes with the answer.

import { dialog } from "./host.js";

const question = document.querySelector("#question");

async function ask() {
  const { text, hint, note } = (await dialog.question()) ?? {};
  question.querySelector("#text").textContent = text ?? "Are you sure?";
  question.querySelector("#hint").textContent = hint ?? "";
  const field = question.querySelector("#note");
  field.closest("p").hidden = note == null;
  field.value = note ?? "";
  question.hidden = false;
  dialog.onSubmit(() => ({ note: field.value.trim() || note }));
}

if (question && dialog) ask();
