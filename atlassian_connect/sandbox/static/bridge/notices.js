// Flags and messages: what apps tell people, outside of their frames.
import { make } from '../elements.js';

const FLAG_STAYS = 6000; // milliseconds, for those that close by themselves
const TYPES = ['generic', 'error', 'warning', 'success', 'info', 'hint'];
const closed = new Map(); // message id → what to call then

/** Where they are shown: in the dialog on top, since what is behind a modal dialog can be neither seen nor clicked. */
function region(id, name) {
  const element =
    document.getElementById(id) ?? make('div', { id, role: 'region', 'aria-label': name, 'aria-live': 'polite' });
  const host = [...document.querySelectorAll('dialog[open]')].at(-1) ?? document.body;
  if (element.parentNode !== host) host.append(element);
  return element;
}

/** A dialog goes; what it shows to people stays. */
export function keepNotices(dialog) {
  document.body.append(...dialog.querySelectorAll('#app-flags, #app-messages'));
}

export const flags = {
  create({ id, title, body, type, close, actions = [], onClose }) {
    const element = make(
      'div',
      { class: `app-flag type-${TYPES.includes(type) ? type : 'info'}`, role: type === 'error' ? 'alert' : 'status', 'data-flag': id },
      make('strong', {}, title ?? ''),
      body ? make('p', {}, body) : null,
      actions.length
        ? make('div', { class: 'actions' }, ...actions.map(one => make('button', { type: 'button', onclick: one.executeAction }, one.actionText)))
        : null,
    );
    const shut = () => {
      if (!element.isConnected) return;
      element.remove();
      onClose?.(id);
    };
    if (close !== 'never') element.append(make('button', { type: 'button', class: 'shut', 'aria-label': 'Dismiss', onclick: shut }, '×'));
    if (close === 'auto') setTimeout(shut, FLAG_STAYS);
    region('app-flags', 'Flags of apps').prepend(element);
    return { close: shut };
  },
};

function message(type) {
  return (title, body, options = {}) => {
    const element = make(
      'div',
      { class: `app-message type-${type}`, role: type === 'error' ? 'alert' : 'status', 'data-message': options.id },
      make('strong', {}, title),
      make('p', {}, body),
    );
    if (options.closeable !== false) {
      element.append(make('button', { type: 'button', class: 'shut', 'aria-label': 'Close', onclick: () => messages.clear(options.id) }, '×'));
    }
    if (options.fadeout) setTimeout(() => messages.clear(options.id), options.delay ?? 5000);
    region('app-messages', 'Messages of apps').append(element);
  };
}

export const messages = {
  ...Object.fromEntries(TYPES.map(type => [type, message(type)])),
  clear(id) {
    const element = document.querySelector(`[data-message="${CSS.escape(id)}"]`);
    if (!element) return;
    element.remove();
    closed.get(id)?.();
    closed.delete(id);
  },
  onClose(id, callback) {
    closed.set(id, callback);
  },
};
