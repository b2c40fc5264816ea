// What every page has around it: menus, the side bar, the theme.
import { watchItems } from './items.js';
import { watchMenus } from './menus.js';
import { watchShortcuts } from './shortcuts.js';

watchMenus();
watchItems();
watchShortcuts();

const toggle = document.querySelector('.sidebar-toggle');
toggle?.addEventListener('click', () => {
  const open = document.body.classList.toggle('sidebar-open');
  toggle.setAttribute('aria-expanded', String(open));
});
document.addEventListener('keydown', (event) => {
  if (event.key === 'Escape' && document.body.classList.contains('sidebar-open')) toggle.click();
});

const themes = [...document.querySelectorAll('[data-choose-theme]')];
const markTheme = () => {
  const { themeChoice } = document.documentElement.dataset;
  for (const button of themes) button.setAttribute('aria-pressed', String(button.dataset.chooseTheme === themeChoice));
};
for (const button of themes) {
  button.addEventListener('click', () => {
    localStorage.setItem('sandbox-theme', button.dataset.chooseTheme);
    dispatchEvent(new Event('sandbox:theme'));
    markTheme();
  });
}
markTheme();

// A button with data-opens="id" opens that dialog.
for (const button of document.querySelectorAll('[data-opens]')) {
  button.addEventListener('click', () => document.getElementById(button.dataset.opens).showModal());
}
