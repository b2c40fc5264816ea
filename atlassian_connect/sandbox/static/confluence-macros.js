// The macro browser, and the editor of one macro: a form made of its parameters, or a dialog of its app.
import { make } from './elements.js';
import { showFlag } from './flags.js';

export const facts = JSON.parse(document.getElementById('editor-facts').textContent);
const csrf = document.querySelector('meta[name=csrf-token]').content;

/** Show a dialog until it is answered: with what `answer` is called with, or null. */
function asked(size, title, build) {
  return new Promise(resolve => {
    const answer = value => {
      dialog.close();
      dialog.remove();
      resolve(value ?? null);
    };
    const { body, buttons } = build(answer);
    const dialog = make('dialog', { class: `app-dialog ${size}`, 'aria-label': title },
      make('header', {}, make('h2', {}, title)), body,
      make('footer', {}, make('button', { type: 'button', class: 'subtle', onclick: () => answer(null) }, 'Cancel'), ...buttons));
    dialog.addEventListener('cancel', event => {
      event.preventDefault();
      answer(null);
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}

/** Let the user choose one of the macros. */
export function chooseMacro() {
  return asked('large', 'Macros', answer => {
    const list = make('div', { class: 'macro-list' });
    const fill = text => list.replaceChildren(...facts.macros
      .filter(one => !one.hidden && `${one.name} ${one.description} ${one.appName ?? ''}`.toLowerCase().includes(text.toLowerCase()))
      .map(one => make('button', { type: 'button', onclick: () => answer(one) },
        one.icon ? make('img', { src: one.icon, alt: '' }) : make('span', { class: 'macro-mark', 'aria-hidden': 'true' }, one.name[0]),
        make('strong', {}, one.name), make('small', {}, one.description || one.appName || 'Confluence'))));
    const search = make('input', { type: 'search', placeholder: 'Search', 'aria-label': 'Search macros', autofocus: true, oninput: () => fill(search.value) });
    fill('');
    return { body: make('div', { class: 'dialog-body' }, search, list), buttons: [] };
  });
}

/** Let the user fill in a macro. Resolves to the macro, or null when they would rather not. */
export function editMacro(offered, macro) {
  if (offered.editor) return inDialogOfApp(offered, macro);
  const fields = offered.parameters.filter(one => !one.hidden);
  if (!fields.length && offered.bodyType === 'none') return Promise.resolve({ ...macro, bodyType: offered.bodyType });
  return asked('medium', offered.name, answer => {
    const inputs = new Map(fields.map(one => [one.identifier, input(one, macro.parameters[one.identifier])]));
    const body = offered.bodyType === 'none' ? null : make('textarea', { rows: 6 });
    if (body) body.value = macro.body || (offered.bodyType === 'rich-text' ? '<p></p>' : '');
    const form = make('form', { class: 'dialog-body stack', id: 'macro-form' },
      offered.description ? make('p', { class: 'quiet' }, offered.description) : null,
      ...fields.map(one => field(one, inputs.get(one.identifier))),
      body ? make('label', { class: 'field' }, offered.bodyType === 'rich-text' ? 'Body, in storage format' : 'Body', body) : null);
    form.addEventListener('submit', event => {
      event.preventDefault();
      const parameters = { ...macro.parameters };
      for (const [name, element] of inputs) parameters[name] = element.type === 'checkbox' ? String(element.checked) : element.value;
      answer({ ...macro, parameters, body: body ? body.value : '', bodyType: offered.bodyType });
    });
    return { body: form, buttons: [make('button', { class: 'primary', form: 'macro-form' }, macro.id ? 'Save' : 'Insert')] };
  });
}

function field(parameter, element) {
  const hint = parameter.description ? make('span', { class: 'hint' }, parameter.description) : null;
  if (element.type === 'checkbox') return make('label', {}, element, ` ${parameter.name} `, hint);
  return make('label', { class: 'field' }, parameter.name, element, hint);
}

function input(parameter, given) {
  const value = given ?? parameter.defaultValue ?? '';
  const { required } = parameter;
  if (parameter.type === 'boolean') return make('input', { type: 'checkbox', checked: value === 'true' });
  if (parameter.values?.length) {
    const options = [...(required ? [] : ['']), ...parameter.values];
    return make('select', { required }, ...options.map(one => make('option', { value: one, selected: one === value }, one)));
  }
  const type = { int: 'number', date: 'date', url: 'url' }[parameter.type] ?? 'text';
  const element = make('input', { type, required });
  element.value = value;
  return element;
}

/** What the bridge mounts a page of a macro's app from: its `editor`, or the `panel` behind its properties. */
export async function frameOfMacro(offered, macro, what) {
  const response = await fetch(`${facts.macroUrl}/${encodeURIComponent(offered.app)}/${encodeURIComponent(offered.key)}/${what}`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', 'X-CSRF-Token': csrf },
    body: JSON.stringify({ id: macro.id ?? '', body: macro.body ?? '', parameters: macro.parameters, page: facts.page, space: facts.space }),
  });
  const data = response.ok ? await response.json() : null;
  if (!data) throw new Error(`The editor of ${offered.name} cannot be opened.`);
  return data;
}

/** The app edits its macro in a dialog, and calls AP.confluence.saveMacro and closeMacroEditor. */
async function inDialogOfApp(offered, macro) {
  let data;
  try {
    if (!window.connectHost) throw new Error('Editors of apps need the AP bridge, which is not there.');
    data = await frameOfMacro(offered, macro, 'editor');
  } catch (error) {
    showFlag('error', offered.name, error.message);
    return null;
  }
  const { dialogs } = await import('./bridge/dialogs.js');
  return new Promise(resolve => {
    let saved = null;
    const closed = new MutationObserver(() => {
      if (!document.querySelector('.app-dialog-box[open]')) end();
    });
    const end = () => {
      closed.disconnect();
      delete window.sandboxMacroEditor;
      resolve(saved);
    };
    window.sandboxMacroEditor = {
      getData: () => macro.parameters,
      getBody: () => macro.body ?? '',
      save: (parameters, body) => {
        saved = { ...macro, parameters: texts(parameters), body: body ?? macro.body ?? '', bodyType: offered.bodyType };
      },
      close: () => dialogs.close(),
    };
    const title = (macro.id ? offered.editor.editTitle : offered.editor.insertTitle) || offered.name;
    const extension = { addon_key: data.addonKey, key: data.key, options: { sandboxFrame: data } };
    const { width = '60%', height = '60%' } = offered.editor;
    window.connectHost.dialog.create(extension, { chrome: true, header: title, width, height, submitText: macro.id ? 'Save' : 'Insert' });
    closed.observe(document.body, { childList: true, subtree: true, attributes: true, attributeFilter: ['open'] });
  });
}

const texts = parameters => Object.fromEntries(Object.entries(parameters).map(([key, value]) => [key, String(value)]));
