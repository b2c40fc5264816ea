// Pages of Confluence: what apps offer for selected text.

const menu = document.getElementById('selection-menu');
const body = document.querySelector('.page-body');

if (menu && body) {
  document.addEventListener('selectionchange', () => {
    const selection = getSelection();
    const inside = !selection.isCollapsed && body.contains(selection.anchorNode) && body.contains(selection.focusNode);
    if (!inside) {
      if (!menu.contains(document.activeElement)) menu.hidePopover();
      return;
    }
    const at = selection.getRangeAt(0).getBoundingClientRect();
    if (!menu.matches(':popover-open')) menu.showPopover();
    menu.style.left = `${Math.max(8, at.left + scrollX)}px`;
    menu.style.top = `${at.top + scrollY - menu.offsetHeight - 6}px`;
  });
}
