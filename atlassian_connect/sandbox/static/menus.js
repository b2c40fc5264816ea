// Menus are <details class="menu">: they work without this, which closes them as people expect and adds arrow keys.
const openMenus = () => document.querySelectorAll('details.menu[open]');
const entries = (menu) => [...menu.querySelectorAll('.menu-panel :is(a[href], button, input)')].filter((one) => one.offsetParent);

/** Close all open menus but one, and give the focus back when it was in one. */
function closeMenus(except) {
  for (const menu of openMenus()) {
    if (menu === except) continue;
    const focused = menu.contains(document.activeElement);
    menu.open = false;
    if (focused && !except) menu.querySelector('summary').focus();
  }
}

/** Close menus by Esc, by a click elsewhere and when another opens; walk through them by arrow keys. */
export function watchMenus() {
  addEventListener('click', (event) => {
    const chosen = event.target.closest?.('.menu-panel button[type="button"]:not(.app-inline)');
    closeMenus(chosen ? undefined : event.target.closest?.('details.menu') ?? undefined);
  });
  addEventListener('blur', () => { if (document.activeElement?.tagName === 'IFRAME') closeMenus(); });
  addEventListener('keydown', (event) => {
    if (event.key === 'Escape') closeMenus();
    const menu = event.target.closest?.('details.menu');
    if (!menu || !['ArrowDown', 'ArrowUp'].includes(event.key)) return;
    event.preventDefault();
    menu.open = true;
    const list = entries(menu);
    const step = event.key === 'ArrowDown' ? 1 : -1;
    const at = list.indexOf(document.activeElement);
    list.at((at < 0 ? (step > 0 ? 0 : -1) : (at + step) % list.length))?.focus();
  });
}
