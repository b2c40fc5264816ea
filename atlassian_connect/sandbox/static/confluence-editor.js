// The editor of pages: text, its source, a preview; macros are chips that open an editor of their own.
import { chooseMacro, editMacro, facts } from './confluence-macros.js';
import { macroStorage, storageOf } from './confluence-storage.js';

const form = document.querySelector('form.editor');
const source = form.querySelector('.source');
const preview = form.querySelector('.preview');
const bar = document.getElementById('macro-bar');
let rich = form.querySelector('.rich');
let view = 'source';
let place = null; // where the cursor was
let chosen = null; // the chip that the bar is about

const csrf = document.querySelector('meta[name=csrf-token]').content;

async function converted(how) {
  const response = await fetch(facts.bodyUrl, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', 'X-CSRF-Token': csrf },
    body: JSON.stringify({ body: source.value, page: facts.page, space: facts.space, how }),
  });
  return response.ok ? response.json() : { problem: `The sandbox answered ${response.status}.` };
}

async function show(wanted) {
  if (view === 'rich') source.value = storageOf(rich);
  form.querySelector('.editor-problem')?.remove();
  if (wanted !== 'source') {
    const answer = view === 'start' && wanted === 'rich' ? {} : await converted(wanted);
    if (answer.problem) {
      const problem = Object.assign(document.createElement('p'), { className: 'message bad editor-problem', textContent: answer.problem });
      problem.setAttribute('role', 'alert');
      source.before(problem);
      wanted = 'source';
    } else if (wanted === 'preview') preview.innerHTML = answer.html;
    else if (view !== 'start') rich.innerHTML = answer.html || '<p><br></p>';
  }
  if (wanted !== 'preview') preview.replaceChildren();
  view = wanted;
  if (rich) rich.hidden = view !== 'rich';
  source.hidden = view !== 'source';
  preview.hidden = view !== 'preview';
  form.querySelector('.toolbar').hidden = view !== 'rich';
  for (const tab of form.querySelectorAll('[data-view]')) tab.setAttribute('aria-selected', String(tab.dataset.view === view));
  hideBar();
  if (view === 'preview') window.sandboxBridge?.mountAll(preview);
}

// --- text -------------------------------------------------------------------------------------------------------------

function insert(html) {
  rich.focus();
  if (place && rich.contains(place.startContainer)) {
    getSelection().removeAllRanges();
    getSelection().addRange(place);
  }
  const range = getSelection().rangeCount && rich.contains(getSelection().anchorNode) ? getSelection().getRangeAt(0) : null;
  const part = document.createRange().createContextualFragment(html);
  const last = part.lastChild;
  const block = range && range.commonAncestorContainer.parentElement?.closest('.rich > *');
  const home = range && (range.commonAncestorContainer === rich ? null : topLevel(range.commonAncestorContainer) ?? block);
  if (last.nodeType === 1 && last.matches('div, table') && home) {
    home.after(part);
    if (!home.textContent.trim() && !home.querySelector('.chip')) home.remove();
  } else if (range) {
    range.deleteContents();
    range.insertNode(part);
  } else rich.append(part);
  if (last.matches?.('div, table') && !last.nextElementSibling) last.after(Object.assign(document.createElement('p'), { innerHTML: '<br>' }));
}

function topLevel(node) {
  while (node && node.parentNode !== rich) node = node.parentNode;
  return node;
}

function watchToolbar() {
  document.addEventListener('selectionchange', () => {
    const selection = getSelection();
    if (selection.rangeCount && rich.contains(selection.anchorNode)) place = selection.getRangeAt(0).cloneRange();
  });
  form.querySelector('.toolbar').addEventListener('mousedown', event => {
    if (event.target.closest('button')) event.preventDefault(); // the selection stays in the text
  });
  form.querySelector('.toolbar').addEventListener('click', event => {
    const button = event.target.closest('button');
    if (button?.dataset.command) document.execCommand(button.dataset.command);
    if (button?.dataset.insert === 'table') insert(`<table><tbody>${'<tr><td><br></td><td><br></td><td><br></td></tr>'.repeat(3)}</tbody></table>`);
    if (button?.dataset.insert === 'link') link();
    if (button?.dataset.insert === 'macro') insertMacro();
  });
  form.querySelector('[data-style]').addEventListener('change', event => {
    rich.focus();
    document.execCommand('formatBlock', false, event.target.value);
  });
  rich.addEventListener('paste', event => {
    event.preventDefault(); // what is pasted comes as text: its formats are none of ours
    const text = event.clipboardData.getData('text/plain');
    const macro = converts(text.trim());
    if (macro) addChip(macro);
    else document.execCommand('insertText', false, text);
  });
  rich.addEventListener('keydown', event => {
    if (event.key === '/' && !getSelection().anchorNode?.textContent.trim()) {
      event.preventDefault();
      insertMacro();
    }
    const chip = document.activeElement?.closest?.('.chip');
    if (chip && event.key === 'Enter') {
      event.preventDefault();
      choose(chip);
    }
    if (chip && (event.key === 'Delete' || event.key === 'Backspace')) {
      event.preventDefault();
      chip.remove();
      hideBar();
    }
  });
}

function link() {
  const href = prompt('Address of the link');
  if (href && /^(https?:\/\/|mailto:|\/|#)/i.test(href)) {
    rich.focus();
    document.execCommand('createLink', false, href);
  }
}

// --- macros -----------------------------------------------------------------------------------------------------------

async function insertMacro() {
  const offered = await chooseMacro();
  if (!offered) return;
  const macro = await editMacro(offered, { name: offered.key, parameters: {}, body: '', bodyType: offered.bodyType });
  if (macro) addChip(macro, offered);
}

function addChip(macro, offered = facts.macros.find(one => one.key === macro.name)) {
  const chip = document.createElement(offered?.outputType === 'inline' ? 'span' : 'div');
  chip.className = 'chip';
  chip.contentEditable = 'false';
  chip.tabIndex = 0;
  describe(chip, macro);
  insert(chip.outerHTML);
}

function describe(chip, macro) {
  chip.dataset.macro = JSON.stringify(macro);
  chip.dataset.storage = macroStorage(macro);
  label(chip);
}

function label(chip) {
  const macro = JSON.parse(chip.dataset.macro || 'null');
  if (!macro) return;
  const offered = facts.macros.find(one => one.key === macro.name);
  const small = document.createElement('small');
  small.textContent = Object.entries(macro.parameters ?? {}).map(([key, value]) => `${key}: ${value}`).join(', ');
  chip.replaceChildren(offered?.name ?? macro.name, small);
}

function choose(chip) {
  hideBar();
  chosen = chip;
  chip.classList.add('chosen');
  const macro = JSON.parse(chip.dataset.macro || 'null');
  const offered = macro && facts.macros.find(one => one.key === macro.name);
  const buttons = [];
  if (offered) buttons.push(['Edit', () => change(chip, offered, macro)]);
  for (const control of offered?.panel ?? []) buttons.push([control.name || control.key, () => tell(offered, control)]);
  buttons.push(['Remove', () => { chip.remove(); hideBar(); }]);
  bar.replaceChildren(...buttons.map(([text, onclick]) => Object.assign(document.createElement('button'), { type: 'button', textContent: text, onclick })));
  bar.showPopover();
  const at = chip.getBoundingClientRect();
  bar.style.left = `${at.left + scrollX}px`;
  bar.style.top = `${at.bottom + scrollY + 4}px`;
  if (offered?.panel) listen(chip, offered, macro);
}

function hideBar() {
  chosen?.classList.remove('chosen');
  chosen = null;
  if (bar.matches(':popover-open')) bar.hidePopover();
  document.querySelector('.property-panel')?.remove();
}

async function change(chip, offered, macro) {
  const changed = await editMacro(offered, macro);
  if (changed) describe(chip, changed);
  hideBar();
}

/** A macro with a property panel has a page of its app in a frame that nobody sees while it is chosen. */
async function listen(chip, offered, macro) {
  const { frameOfMacro } = await import('./confluence-macros.js');
  const data = await frameOfMacro(offered, macro, 'panel').catch(() => null);
  if (!data || chosen !== chip) return;
  const holder = Object.assign(document.createElement('div'), { className: 'property-panel app-frame hidden' });
  holder.dataset.frame = JSON.stringify(data);
  document.body.append(holder);
  window.sandboxMacroEditor = {
    getData: () => macro.parameters,
    getBody: () => macro.body,
    save: (parameters, body) => describe(chip, { ...macro, parameters, body: body ?? macro.body }),
    close() {},
    closePropertyPanel: hideBar,
  };
  window.sandboxBridge?.mountAll(document.body);
}

function tell(offered, control) {
  window.connectHost?.broadcastEvent(`${control.key}.${offered.key}.macro.property-panel`, { addon_key: offered.app }, {});
}

/** The macro that an app makes of an address that is pasted. */
function converts(text) {
  for (const { autoconvert, key, bodyType } of facts.macros.filter(one => one.autoconvert)) {
    for (const pattern of autoconvert.patterns) {
      const parts = pattern.split('{}').map(one => one.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
      if (new RegExp(`^${parts.join('[^/?]+')}$`).test(text)) return { name: key, parameters: { [autoconvert.parameter]: text }, body: '', bodyType };
    }
  }
  return null;
}

// --- start ------------------------------------------------------------------------------------------------------------

form.querySelector('.editor-actions .tabs').hidden = false;
if (!rich) { // the text was not well formed; it can become so
  rich = Object.assign(document.createElement('div'), { className: 'rich document', contentEditable: 'true', hidden: true });
  rich.setAttribute('role', 'textbox');
  rich.setAttribute('aria-label', 'Text of the page');
  preview.before(rich);
  show('source');
} else {
  rich.querySelectorAll('.chip').forEach(label);
  view = 'start';
  show('rich');
}
watchToolbar();
form.addEventListener('click', event => {
  const tab = event.target.closest('[data-view]');
  if (tab) show(tab.dataset.view);
  const chip = event.target.closest('.rich .chip');
  if (chip) choose(chip);
  else if (!event.target.closest('.macro-bar')) hideBar();
});
form.addEventListener('submit', () => {
  if (view === 'rich') source.value = storageOf(rich);
});
