// The size of frames, inline dialogs, dropdown menus.
import { frameOf, mount } from './frames.js';
import { length, make } from './page.js';

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

/** Show the module that a button names in a box beside it. Opened again, it is the same frame. */
export function openInline(opener) {
  if (!opener.inlineBox?.isConnected) {
    opener.inlineBox = make('div', { class: 'app-inline-box app-frame', popover: 'auto' });
    document.body.append(opener.inlineBox);
    const options = JSON.parse(opener.dataset.dialog || '{}');
    mount(opener.inlineBox, JSON.parse(opener.dataset.frame), {
      width: length(options.width) || '300px',
      height: length(options.height) || '150px',
    });
  }
  const at = opener.getBoundingClientRect();
  place(opener.inlineBox, at.left, at.bottom + 4);
  opener.inlineBox.togglePopover();
}

// --- dropdowns --------------------------------------------------------------------------------------------------------

const menus = new Map(); // dropdown id → { element, owner, choose }

export const dropdown = {
  create({ dropdownId, dropdownGroups, dropdownItemNotifier }, context) {
    menus.get(dropdownId)?.element.remove();
    const menu = { owner: context.extension_id, choose: (id, item) => dropdownItemNotifier({ dropdownId: id, item }) };
    menu.element = make('div', { class: 'app-dropdown', role: 'menu', popover: 'auto', 'data-dropdown': dropdownId });
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
    place(menu.element, iframeDimensions.left + Number(x), iframeDimensions.top + Number(y));
    menu.element.showPopover();
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

function setDisabled(dropdownId, itemId, disabled) {
  const item = menus.get(dropdownId)?.element.querySelector(`[data-item="${CSS.escape(itemId)}"]`);
  if (item) item.disabled = disabled;
}

function place(element, left, top) {
  element.style.left = `${Math.max(0, left)}px`;
  element.style.top = `${Math.max(0, top)}px`;
}
