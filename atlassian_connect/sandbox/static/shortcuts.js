// Keyboard shortcuts of apps: up to three keys, one after the other. They press the link or button that stands hidden in the page.
const LATE = 1500; // milliseconds between two keys

/** Watch the keys that the elements with data-shortcut name. */
export function watchShortcuts() {
  const known = [...document.querySelectorAll('[data-shortcut]')].map(holder => ({
    keys: [...holder.dataset.shortcut.toLowerCase()],
    holder,
  }));
  if (!known.length) return;
  let typed = [];
  let last = 0;
  document.addEventListener('keydown', event => {
    const writing = event.target.closest?.('input, textarea, select, [contenteditable="true"]');
    if (writing || event.ctrlKey || event.altKey || event.metaKey || event.key.length > 1) return;
    typed = event.timeStamp - last > LATE ? [event.key.toLowerCase()] : [...typed, event.key.toLowerCase()];
    last = event.timeStamp;
    const found = known.find(({ keys }) => keys.length <= typed.length && keys.every((key, index) => key === typed.at(index - keys.length)));
    if (!found) return;
    event.preventDefault();
    typed = [];
    found.holder.querySelector('a, button')?.click();
  });
}
