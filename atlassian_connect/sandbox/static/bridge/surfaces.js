// The size of frames, inline dialogs, dropdown menus.
import { make } from '../elements.js';
import { frameOf, mount } from './frames.js';
import { length } from './page.js';

export const addon = {
  resize(width, height, context) {
    const frame = frameOf(context);
    if (!frame || frame.options.isDialog || frame.filled) return;
    if (width) frame.iframe.style.width = length(width);
    if (height) frame.iframe.style.height = length(height);
  },
  /** Let the frame fill the window below where it begins. For full pages only. */
  sizeToParent(hideFooter, context) {
    const frame = frameOf(context);
    if (!frame?.options.isFullPage || frame.filled) return;
    frame.filled = true;
    const fill = () => {
      const top = frame.iframe.getBoundingClientRect().top + scrollY;
      frame.iframe.style.width = '100%';
      frame.iframe.style.height = `${Math.max(innerHeight - top, 200)}px`;
    };
    frame.iframe.classList.add('sized-to-parent');
    document.documentElement.classList.toggle('app-hides-footer', hideFooter === true);
    addEventListener('resize', fill);
    fill();
  },
};

// --- inline dialogs ---------------------------------------------------------------------------------------------------

export const inlineDialog = {
  hide(context) {
    frameOf(context)?.iframe.closest('[popover]')?.hidePopover();
  },
};

/**
 * Give a button the box with the module that it names: the click that is going on opens it, the next one closes it. The
 * browser does both, and leads the Tab key from the button into the box.
 */
export function prepareInline(opener) {
  if (opener.popoverTargetElement?.isConnected) return;
  const data = JSON.parse(opener.dataset.frame);
  const box = make('div', { class: 'app-inline-box app-frame', popover: 'auto', role: 'dialog', 'aria-label': data.title });
  (opener.closest('dialog') ?? document.body).append(box); // outside of a modal dialog nothing can be clicked
  const options = JSON.parse(opener.dataset.dialog || '{}');
  mount(box, data, { width: length(options.width) || '300px', height: length(options.height) || '150px' });
  const beside = () => {
    const at = opener.getBoundingClientRect();
    place(box, at.left, at.bottom + 4);
  };
  box.addEventListener('beforetoggle', beside);
  box.addEventListener('toggle', beside); // its width is known by now
  opener.popoverTargetElement = box;
}

// --- dropdowns --------------------------------------------------------------------------------------------------------

const menus = new Map(); // dropdown id → { element, owner, choose }

export const dropdown = {
  create({ dropdownId, dropdownGroups, dropdownItemNotifier }, context) {
    menus.get(dropdownId)?.element.remove();
    const menu = { owner: context.extension_id, choose: (id, item) => dropdownItemNotifier({ dropdownId: id, item }) };
    menu.element = make('div', { class: 'app-dropdown', role: 'menu', popover: 'auto', 'data-dropdown': dropdownId, onkeydown: walk });
    for (const group of dropdownGroups.filter(Boolean)) {
      if (group.heading) menu.element.append(make('h3', {}, group.heading));
      menu.element.append(...group.items.map(item => makeItem(menu, dropdownId, item)));
    }
    // Outside of a modal dialog nothing can be clicked.
    (frameOf(context)?.iframe.closest('dialog') ?? document.body).append(menu.element);
    menus.set(dropdownId, menu);
  },
  showAt({ dropdownId, x, y, width }, { iframeDimensions, onItemSelection }) {
    const menu = menus.get(dropdownId);
    if (!menu) return;
    menu.choose = onItemSelection;
    if (width) menu.element.style.minWidth = length(width);
    menu.element.showPopover();
    place(menu.element, iframeDimensions.left + Number(x), iframeDimensions.top + Number(y));
    menu.element.querySelector('button:enabled')?.focus();
  },
  hide(dropdownId) {
    menus.get(dropdownId)?.element.hidePopover();
  },
  itemDisable: (dropdownId, itemId) => setDisabled(dropdownId, itemId, true),
  itemEnable: (dropdownId, itemId) => setDisabled(dropdownId, itemId, false),
  destroyByExtension(extensionId) {
    for (const [id, menu] of menus) {
      if (menu.owner !== extensionId) continue;
      menu.element.remove();
      menus.delete(id);
    }
  },
};

function makeItem(menu, dropdownId, item) {
  const choose = () => {
    menu.element.hidePopover();
    menu.choose(dropdownId, item);
  };
  return make(
    'button',
    { type: 'button', role: 'menuitem', 'data-item': item.itemId ?? item.content, disabled: item.disabled === true, onclick: choose },
    item.content,
  );
}

/** The arrow keys go through the items, from the last to the first one too. */
function walk(event) {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step) return;
  event.preventDefault();
  const items = [...event.currentTarget.querySelectorAll('button:enabled')];
  items.at((items.indexOf(document.activeElement) + step) % items.length)?.focus();
}

function setDisabled(dropdownId, itemId, disabled) {
  const item = menus.get(dropdownId)?.element.querySelector(`[data-item="${CSS.escape(itemId)}"]`);
  if (item) item.disabled = disabled;
}

/** Put an element at a place of the window, or as near to it as there is room. */
function place(element, left, top) {
  element.style.left = `${Math.max(0, Math.min(left, innerWidth - element.offsetWidth - 8))}px`;
  element.style.top = `${Math.max(0, top)}px`;
}
