// Sets the theme before the first paint, which is why this is no module. Apps in frames follow data-color-mode.
(() => {
  const dark = matchMedia('(prefers-color-scheme: dark)');
  const chosen = () => {
    try { return localStorage.getItem('sandbox-theme') || 'auto'; } catch { return 'auto'; }
  };
  const show = () => {
    const theme = chosen();
    document.documentElement.dataset.colorMode = theme === 'auto' ? (dark.matches ? 'dark' : 'light') : theme;
    document.documentElement.dataset.themeChoice = theme;
  };
  dark.addEventListener('change', show);
  addEventListener('storage', show);
  addEventListener('sandbox:theme', show);
  show();
})();
