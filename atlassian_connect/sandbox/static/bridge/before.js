// What connect-host.js looks for when it is loaded: a little of AUI and jQuery, feature gates, options of dialogs.
(() => {
  'use strict';
  const page = JSON.parse(document.getElementById('bridge-page').textContent);
  const find = what => (typeof what === 'string' ? document.querySelector(what.replace(':visible', '')) : what);

  window.AJS = {
    $(what) {
      if (typeof what === 'function') return undefined;
      const element = find(what);
      const box = element?.getBoundingClientRect?.() ?? { top: 0, left: 0 };
      return {
        0: element,
        length: element ? 1 : 0,
        width: () => innerWidth,
        height: () => innerHeight,
        offset: () => ({ top: box.top + scrollY, left: box.left + scrollX }),
        scrollTop: () => scrollY,
        scrollLeft: () => scrollX,
      };
    },
    // Without it, Esc in the page ends in an error.
    LayerManager: { global: { getTopLayer: () => null } },
  };
  window.__FEATUREGATES_JS__ = {
    getPackageVersion: () => '4.23.4',
    initializeCompleted: () => true,
    checkGate: () => false,
  };
  window.require = () => ({ emitGasV3() {} });
  window._AP = { dialogModules: page.dialogModules };
})();
