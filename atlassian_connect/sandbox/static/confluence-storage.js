// Storage format, as the editor writes it: the text of a page as XHTML, and macros with parameters and bodies.

const BLOCKS = new Set(['P', 'H1', 'H2', 'H3', 'H4', 'H5', 'H6', 'UL', 'OL', 'LI', 'BLOCKQUOTE', 'PRE', 'TABLE', 'THEAD', 'TBODY', 'TR', 'TH', 'TD', 'HR']);
const KEPT = new Set([...BLOCKS, 'STRONG', 'EM', 'U', 'S', 'DEL', 'SUB', 'SUP', 'CODE', 'BR', 'A']);
const RENAMED = { B: 'STRONG', I: 'EM', STRIKE: 'S' };
const VOID = new Set(['BR', 'HR']);

export function escapeText(text) {
  return String(text).replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;').replace(/"/g, '&quot;');
}

/** The storage format of what is in the editor. */
export function storageOf(editor) {
  let found = '';
  let loose = ''; // text between the blocks of a page is a paragraph
  for (const node of editor.childNodes) {
    if (isBlock(node)) {
      found += paragraph(loose) + written(node);
      loose = '';
    } else loose += written(node);
  }
  return found + paragraph(loose);
}

const paragraph = loose => (loose.trim() ? `<p>${loose}</p>` : '');

function isBlock(node) {
  return node.nodeType === Node.ELEMENT_NODE && (BLOCKS.has(node.tagName) || node.tagName === 'DIV');
}

function written(node) {
  if (node.nodeType === Node.TEXT_NODE) return escapeText(node.data).replace(/\u00a0/g, ' ');
  if (node.nodeType !== Node.ELEMENT_NODE) return '';
  if (node.dataset.storage !== undefined) return node.dataset.storage;
  const tag = RENAMED[node.tagName] ?? node.tagName;
  const content = [...node.childNodes].map(written).join('');
  if (node.tagName === 'DIV') return node.querySelector('p, h1, h2, h3, h4, ul, ol, table, .chip') ? content : `<p>${content}</p>`;
  if (!KEPT.has(tag)) return content;
  const name = tag.toLowerCase();
  if (VOID.has(tag)) return `<${name} />`;
  const attributes = ['href', 'colspan', 'rowspan']
    .filter(one => node.hasAttribute(one))
    .map(one => ` ${one}="${escapeText(node.getAttribute(one))}"`);
  return `<${name}${attributes.join('')}>${content}</${name}>`;
}

/** The storage format of a macro: `{name, id, parameters, body, bodyType}`. */
export function macroStorage({ name, id, parameters, body, bodyType }) {
  const identity = id ? ` ac:macro-id="${escapeText(id)}"` : '';
  const given = Object.entries(parameters ?? {})
    .filter(([, value]) => value !== '' && value != null)
    .map(([key, value]) => `<ac:parameter ac:name="${escapeText(key)}">${escapeText(value)}</ac:parameter>`);
  const inside = {
    'rich-text': () => `<ac:rich-text-body>${body ?? ''}</ac:rich-text-body>`,
    'plain-text': () => `<ac:plain-text-body><![CDATA[${String(body ?? '').replaceAll(']]>', ']]]]><![CDATA[>')}]]></ac:plain-text-body>`,
  }[bodyType];
  return `<ac:structured-macro ac:name="${escapeText(name)}" ac:schema-version="1"${identity}>${given.join('')}${inside?.() ?? ''}</ac:structured-macro>`;
}
