// Frames of apps: from the server's JSON to an iframe whose bridge is up.
import { make } from '../elements.js';
import { length } from './page.js';

const LATE_AFTER = 10000; // milliseconds
const frames = new Map(); // extension id → frame

/** The frame that a call comes from: its `data` (what the server gave), `iframe` and `holder`. */
export function frameOf(context) {
  return frames.get(context.extension_id ?? context.extension?.id);
}

export function frameById(id) {
  return frames.get(id);
}

export function allFrames() {
  return [...frames.values()].filter(frame => frame.iframe.isConnected);
}

/** Mount every `.app-frame[data-frame]` that is not mounted yet. Call it again for parts of a page that came later. */
export function mountAll(root = document) {
  for (const holder of root.querySelectorAll('.app-frame[data-frame]')) {
    const data = JSON.parse(holder.dataset.frame);
    delete holder.dataset.frame; // it holds a token that is worth nothing once it is loaded
    mount(holder, data);
  }
}

/** Put the iframe of a module into an element. */
export function mount(holder, data, options = {}) {
  const extension = {
    addon_key: data.addonKey,
    key: data.key,
    url: data.url,
    // An origin other than the page's own leaves every call of the frame unanswered.
    options: { ...data.options, ...historyOf(data), ...options, hostOrigin: location.origin },
  };
  const { iframeAttributes } = connectHost.createExtension(extension);
  const { width, height, ...attributes } = iframeAttributes;
  const iframe = make('iframe', { ...attributes, class: 'app-iframe', title: data.title, referrerpolicy: 'no-referrer' });
  iframe.style.width = length(width ?? '100%');
  iframe.style.height = length(height ?? '150px');
  const frame = { id: iframeAttributes.id, data, iframe, holder, options: extension.options };
  frames.set(frame.id, frame);
  if (extension.options.isFullPage) holder.classList.add('full-page');
  holder.append(iframe);
  frame.late = setTimeout(() => tellLate(frame), LATE_AFTER);
  return frame;
}

/** Take a frame out of the page; removing the iframe ends its bridge. */
export function unmount(frame) {
  clearTimeout(frame.late);
  frame.iframe.remove();
  frames.delete(frame.id);
}

export function watch() {
  connectHost.onIframeEstablished(({ extension }) => {
    const frame = frames.get(extension.id);
    if (!frame) return;
    clearTimeout(frame.late);
    frame.notice?.remove();
    frame.iframe.dataset.bridge = 'up';
    frame.holder.dispatchEvent(new CustomEvent('app-frame-up', { bubbles: true, detail: { frame } }));
  });
}

function tellLate(frame) {
  if (!frame.iframe.isConnected || frame.iframe.dataset.bridge === 'up') return;
  frame.iframe.dataset.bridge = 'late';
  frame.notice = make(
    'p',
    { class: 'app-frame-problem', role: 'status' },
    `${frame.data.title}: the app's page has not called over the AP bridge. Is the app running, and does its page load `,
    make('code', {}, `${location.origin}/atlassian-connect/all.js`),
    '? Its headers must allow this site to frame it.',
  );
  frame.holder.prepend(frame.notice);
}

function historyOf(data) {
  return data.options?.isFullPage ? { historyState: fragment() } : {};
}

/** The state that a full page of an app keeps in the address: what stands behind `#!`. */
export function fragment() {
  if (!location.hash.startsWith('#!')) return '';
  const text = location.hash.slice(2);
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // written by hand, with a stray %
  }
}
