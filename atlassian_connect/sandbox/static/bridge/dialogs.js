// Dialogs: a modal <dialog> each, with a frame of the app in it and buttons below.
import { make } from '../elements.js';
import { frameById, mount, unmount } from './frames.js';
import { keepNotices } from './notices.js';
import { ask, length } from './page.js';

const LAST_WORDS = 100; // milliseconds
const open = []; // the last one is on top

/** What the library asks of us. It calls `close` without an object, so nothing here may rely on `this`. */
export const dialogs = {
  create(options, extension) {
    const opener = frameById(extension.callback_extension_id);
    const dialog = show(options, extension);
    const loaded = opener
      ? ask('frame', opener, { key: extension.key, context: extension.options?.productContext })
      : fresh(extension.options.sandboxFrame);
    loaded.then(
      data => fill(dialog, data),
      error => dialog.body.replaceChildren(make('p', { class: 'app-frame-problem', role: 'alert' }, error.message)),
    );
  },
  close(event) {
    const dialog = open.at(-1);
    if (!dialog) return;
    // Esc inside of the frame comes here without an event for the app.
    if (event?.keycode === 27) tellClosed(dialog);
    remove(dialog);
  },
  isActiveDialog: addonKey => open.at(-1)?.addonKey === addonKey,
  isButtonDisabled: identifier => button(identifier)?.disabled ?? false,
  setButtonDisabled: (identifier, disabled) => change(identifier, found => (found.disabled = disabled)),
  toggleButton: identifier => change(identifier, found => (found.disabled = !found.disabled)),
  isButtonHidden: identifier => button(identifier)?.hidden ?? false,
  setButtonHidden: (identifier, hidden) => change(identifier, found => (found.hidden = hidden)),
  createButton: options => open.at(-1)?.footer.prepend(makeButton(options)),
};

/** Open the module that a button of the page names, as web items do. */
export function openFromPage(element) {
  const data = JSON.parse(element.dataset.frame);
  const options = JSON.parse(element.dataset.dialog || '{}');
  const extension = { addon_key: data.addonKey, key: data.key, options: { sandboxFrame: data, customData: options.customData } };
  connectHost.dialog.create(extension, { chrome: true, header: data.title, ...options });
}

/** The page may have been open for long: a URL whose token has expired is asked for anew. */
async function fresh(data) {
  const expired = connectHost.hasJwt(data.url) && connectHost.isJwtExpired(data.url);
  return expired ? ask('frame', { data }, { key: data.key }) : data;
}

function show(options, extension) {
  const chrome = options.chrome && options.size !== 'maximum';
  const dialog = { id: options.id, options, extension, addonKey: extension.addon_key };
  dialog.body = make('div', { class: 'app-frame' }, make('p', { class: 'app-dialog-wait', role: 'status' }, 'Loading…'));
  dialog.footer = make('footer', { hidden: !chrome });
  if (options.hint) dialog.footer.append(make('small', {}, options.hint));
  dialog.footer.append(...(options.actions ?? []).filter(one => chrome || one.custom).map(one => makeButton(one, dialog)));
  const title = options.header || '';
  dialog.element = make(
    'dialog',
    {
      class: `app-dialog-box size-${options.size ?? 'custom'}${chrome ? ' chrome' : ''}`,
      'aria-label': title || `Dialog of ${extension.addon_key}`,
      oncancel: event => {
        event.preventDefault();
        if (options.closeOnEscape === false) return;
        tellClosed(dialog);
        remove(dialog);
      },
    },
    chrome ? make('header', {}, make('h2', {}, title)) : null,
    dialog.body,
    dialog.footer,
  );
  if (!options.size) {
    dialog.element.style.width = length(options.width ?? '50%');
    dialog.body.style.height = length(options.height ?? '50%').replace(/%$/, 'vh');
  }
  document.body.append(dialog.element);
  dialog.element.showModal();
  open.push(dialog);
  return dialog;
}

function fill(dialog, data) {
  if (!open.includes(dialog)) return;
  dialog.body.replaceChildren();
  dialog.frame = mount(dialog.body, data, {
    ...dialog.extension.options,
    sandboxFrame: undefined,
    hostFrameOffset: undefined,
    autoresize: false,
    isFullPage: false,
    isDialog: true,
    dialogId: dialog.id,
    callbackExtensionId: dialog.extension.callback_extension_id,
    preventDialogCloseOnEscape: dialog.options.closeOnEscape === false,
    moduleType: 'dialogs',
    width: '100%',
    height: '100%',
  });
}

function makeButton(options, dialog = open.at(-1)) {
  const kind = options.identifier === 'submit' ? 'primary' : options.identifier === 'cancel' ? 'subtle' : '';
  return make(
    'button',
    {
      type: 'button',
      class: kind,
      'data-button': options.identifier,
      disabled: options.disabled === true,
      hidden: options.hidden === true,
      onclick: () => {
        // The app closes its dialog when it hears of these; an app that does not answer must not keep it open.
        if (options.identifier === 'cancel' && dialog.frame?.iframe.dataset.bridge !== 'up') {
          tellClosed(dialog);
          remove(dialog);
        } else options.onClick?.();
      },
    },
    options.text ?? options.identifier,
  );
}

function button(identifier) {
  return open.at(-1)?.footer.querySelector(`[data-button="${CSS.escape(identifier)}"]`);
}

function change(identifier, how) {
  const found = button(identifier);
  if (found) how(found);
}

function tellClosed(dialog) {
  connectHost.broadcastEvent('dialog.close', { addon_key: dialog.addonKey }, undefined);
}

function remove(dialog) {
  open.splice(open.indexOf(dialog), 1);
  keepNotices(dialog.element);
  dialog.element.close();
  // What the app sent along with the end of its dialog, such as an event for its opener, is still on its way.
  setTimeout(() => {
    if (dialog.frame) unmount(dialog.frame);
    dialog.element.remove();
  }, LAST_WORDS);
}
