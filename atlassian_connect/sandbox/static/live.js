// Keeps what is marked with data-live as the server has it, while the page is looked at. A part with the focus in it is
// left alone, so that nobody loses a place in the table.
const SECONDS = 2;

async function refresh() {
  if (document.hidden) return;
  const answer = await fetch(location.href, { headers: { Accept: 'text/html' } }).catch(() => null);
  if (!answer?.ok) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), 'text/html').querySelectorAll('[data-live]');
  document.querySelectorAll('[data-live]').forEach((part, number) => {
    const now = fresh[number];
    if (!now || part.innerHTML === now.innerHTML || part.contains(document.activeElement)) return;
    part.replaceChildren(...now.childNodes);
  });
}

setInterval(refresh, SECONDS * 1000);
