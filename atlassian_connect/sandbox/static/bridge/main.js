// The host's side of the AP bridge: modules, then providers, and only then frames.
import { defineModules } from './modules.js';
import { defineProduct } from './products.js';
import { mountAll, watch } from './frames.js';
import { registerProvider } from './providers.js';
import { dialogs, openFromPage } from './dialogs.js';
import { flags, messages } from './notices.js';
import { addon, dropdown, inlineDialog, prepareInline } from './surfaces.js';

defineModules();
defineProduct();
connectHost.registerProvider('addon', addon);
registerProvider('dialog', dialogs);
registerProvider('flag', flags);
registerProvider('messages', messages);
registerProvider('inlineDialog', inlineDialog);
registerProvider('dropdown', dropdown);
watch();
mountAll();

document.addEventListener('click', event => {
  const opener = event.target.closest('.app-dialog[data-frame], .app-inline[data-frame]');
  if (!opener) return;
  if (opener.classList.contains('app-inline')) return prepareInline(opener);
  event.preventDefault();
  openFromPage(opener);
});

// For scripts of pages that put frames in later, and for tests.
window.sandboxBridge = { mountAll };
