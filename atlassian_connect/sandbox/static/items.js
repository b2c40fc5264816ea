// Buttons that open a module of an app in a dialog. What the bridge needs is fetched when one is used, so that its token
// is fresh and the log tells of frames that were loaded only.
import { showFlag } from './flags.js';

/** Watch the buttons with data-frame-url, those of later on too. */
export function watchItems() {
  document.addEventListener('click', async (event) => {
    const button = event.target.closest?.('[data-frame-url]');
    if (!button || button.dataset.frame || button.popoverTargetElement) return;
    const answer = await fetch(button.dataset.frameUrl, { headers: { Accept: 'application/json' } }).catch(() => null);
    const frame = answer?.ok ? await answer.json() : null;
    if (!frame) {
      showFlag('error', 'That cannot be opened', `${button.textContent.trim()}: the app is not there for you any more. Load the page again.`);
      return;
    }
    button.dataset.frame = JSON.stringify(frame);
    button.click(); // the bridge takes it from here
    delete button.dataset.frame;
  });
}
