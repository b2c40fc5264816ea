// What both products offer to apps beside what the library brings: context, user, cookie, navigator, history, request.
import { allFrames, fragment, frameOf } from './frames.js';
import { ask, page } from './page.js';

/** Make a function that apps may await or give a callback. It gets the calling frame first; undefined becomes null. */
export function answering(argumentCount, how) {
  async function call(args) {
    const callback = args.at(-1);
    const frame = frameOf(callback._context);
    if (!frame) throw new Error('This frame is not on the page any more.');
    return (await how(frame, ...args.slice(0, argumentCount))) ?? null;
  }
  // The library counts parameters: it fills up what the app left out, and puts its callback last.
  const shapes = [
    function (a) { return call([a]); },
    function (a, b) { return call([a, b]); },
    function (a, b, c) { return call([a, b, c]); },
    function (a, b, c, d) { return call([a, b, c, d]); },
  ];
  const shaped = shapes[argumentCount];
  shaped.returnsPromise = true;
  return shaped;
}

export function defineModules() {
  connectHost.defineModule('context', {
    getContext: answering(0, frame => frame.data.context),
    getToken: answering(0, token),
  });
  connectHost.defineModule('user', {
    getCurrentUser: answering(0, () => (page.accountId ? { atlassianAccountId: page.accountId } : {})),
    getLocale: answering(0, () => page.locale),
    getTimeZone: answering(0, () => Intl.DateTimeFormat().resolvedOptions().timeZone),
  });
  connectHost.defineModule('cookie', {
    save: answering(3, (frame, name, value, days) => saveCookie(frame, name, value, days)),
    read: answering(1, (frame, name) => readCookie(frame, name)),
    erase: answering(1, (frame, name) => saveCookie(frame, name, '', -1)),
  });
  connectHost.defineModule('navigator', {
    go: answering(2, go),
    getLocation: answering(0, here),
    reload: answering(0, () => location.reload()),
  });
  connectHost.defineModule('history', {
    pushState: answering(1, (frame, state) => changeHistory(frame, state, 'pushState')),
    replaceState: answering(1, (frame, state) => changeHistory(frame, state, 'replaceState')),
    go: answering(1, (frame, steps) => history.go(Number(steps))),
    back: answering(0, () => history.back()),
    forward: answering(0, () => history.forward()),
    // The shim in all.js puts in its place what answers at once.
    getState: answering(0, () => fragment()),
  });
  connectHost.defineModule({ request: answering(1, (frame, options) => request(frame, options)) });
  addEventListener('popstate', tellHistory);
}

// --- tokens -----------------------------------------------------------------------------------------------------------

async function token(frame) {
  if (!frame.token || connectHost.isJwtExpired(frame.token, true)) {
    frame.asking ??= ask('token', frame).finally(() => (frame.asking = null)); // asked ten times at once: one request
    frame.token = (await frame.asking).token;
  }
  return frame.token;
}

// --- cookies: of the host's page, each app with names of its own --------------------------------------------------------

const cookieName = (frame, name) => encodeURIComponent(`${frame.data.addonKey}$$${name}`);

function saveCookie(frame, name, value, days) {
  const age = days == null ? '' : `; max-age=${Math.round(Number(days) * 86400)}`;
  document.cookie = `${cookieName(frame, name)}=${encodeURIComponent(value)}; path=/; samesite=lax${age}`;
}

function readCookie(frame, name) {
  const found = document.cookie.split('; ').find(one => one.startsWith(`${cookieName(frame, name)}=`));
  return found ? decodeURIComponent(found.slice(found.indexOf('=') + 1)) : null;
}

// --- where the user is ------------------------------------------------------------------------------------------------

async function go(frame, target, context) {
  // Objects stay out of an address; what is in customData the page finds as {ac.name}.
  const { customData, ...plain } = context ?? {};
  const { path } = await ask('target', frame, { target, context: plain, customData });
  const there = new URL(path, location.href);
  if (there.origin !== location.origin) throw new Error('AP.navigator.go stays on this site.');
  location.assign(there);
}

function here(frame) {
  if (frame.options.isFullPage) {
    const context = { addonKey: frame.data.addonKey, moduleKey: frame.data.key, context: frame.options.productContext };
    return { target: 'addonModule', context };
  }
  const { content, space, issue, project } = frame.data.context[page.product] ?? {};
  if (content?.id) return { target: 'contentview', context: { contentId: content.id, contentType: content.type ?? 'page' } };
  if (space?.key) return { target: 'spaceview', context: { spaceKey: space.key } };
  if (issue?.key) return { target: 'issue', context: { issueKey: issue.key } };
  if (project?.key) return { target: 'projectAdminSummary', context: { projectKey: project.key } };
  return { target: 'site', context: { relativeUrl: location.pathname + location.search } };
}

// --- history: full pages keep a state in the address, behind #! ---------------------------------------------------------

function changeHistory(frame, state, how) {
  if (!frame.options.isFullPage) throw new Error(`AP.history.${how} is for full pages only.`);
  const text = String(typeof state === 'object' ? state?.hash ?? '' : state ?? '').replace(/^#?!?/, '');
  history[how]({ app: frame.data.addonKey }, '', `#!${encodeURIComponent(text)}`);
}

function tellHistory() {
  for (const frame of allFrames().filter(one => one.options.isFullPage)) {
    connectHost.broadcastEvent('sandbox.history.popstate', { id: frame.id }, { state: fragment(), href: location.href });
  }
}

// --- request ----------------------------------------------------------------------------------------------------------

/** Do a REST call as who looks at the page. The shim in all.js makes the answer look as AP.request promises. */
async function request(frame, options) {
  const { url, type, data, contentType, headers, binaryAttachment } = options ?? {};
  if (typeof url !== 'string') throw new Error('AP.request needs a URL.');
  const asked = { url, method: (type || 'GET').toUpperCase(), headers: { ...headers }, binary: binaryAttachment === true };
  if (contentType) asked.headers['Content-Type'] = contentType;
  if (contentType === 'multipart/form-data') asked.parts = await parts(data);
  else if (typeof data === 'string') asked.body = data;
  else if (data && asked.method === 'GET') asked.url += (url.includes('?') ? '&' : '?') + new URLSearchParams(data);
  else if (data) asked.body = /json/.test(contentType) ? JSON.stringify(data) : String(new URLSearchParams(data));
  let answer;
  try {
    answer = await ask('request', frame, asked);
  } catch (error) {
    return { status: error.status ?? 0, statusText: 'error', headers: {}, body: error.message };
  }
  if (answer.base64 != null) answer.body = Uint8Array.from(atob(answer.base64), one => one.charCodeAt(0)).buffer;
  delete answer.base64;
  return answer;
}

async function parts(fields) {
  const found = [];
  for (const [name, value] of Object.entries(fields ?? {})) {
    for (const one of Array.isArray(value) ? value : [value]) {
      if (one instanceof Blob) found.push({ name, filename: one.name, type: one.type, base64: await base64(one) });
      else found.push({ name, value: String(one) });
    }
  }
  return found;
}

function base64(blob) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result.slice(reader.result.indexOf(',') + 1));
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(blob);
  });
}
