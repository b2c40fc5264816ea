// What the products add to iframe.js before they serve it as all.js.
(() => {
  'use strict';
  const AP = window.AP;
  if (!AP || !AP._data || !AP._data.origin) return; // the page is not in a frame of a host

  for (const name of ['getLocation', 'resize', 'sizeToParent', 'hideFooter']) {
    if (AP.env && AP.env[name]) AP[name] ??= AP.env[name];
  }
  AP.getUser ??= AP.user.getCurrentUser;
  AP.getTimeZone ??= AP.user.getTimeZone;

  // --- request: both styles -------------------------------------------------------------------------------------------

  const ask = AP.request;
  AP.request = function request(first, second) {
    const options = typeof first === 'string' ? { ...second, url: first } : { ...first };
    const { success, error, ...plain } = options;
    const outcome = ask(plain).then(answer => {
      const xhr = asXhr(answer);
      if (answer.status >= 200 && answer.status < 300) return { body: answer.body, xhr };
      throw Object.assign(new Error(answer.statusText), { xhr, err: answer.statusText || 'error' });
    });
    if (typeof success !== 'function' && typeof error !== 'function') return outcome;
    outcome.then(
      ({ body, xhr }) => success?.(body, 'success', xhr),
      failure => error?.(failure.xhr ?? asXhr({ status: 0, statusText: 'error', headers: {}, body: '' }), 'error', failure.err ?? String(failure)),
    );
    return undefined;
  };

  function asXhr({ status, statusText, headers, body }) {
    return {
      readyState: 4,
      status,
      statusText,
      responseText: typeof body === 'string' ? body : '',
      response: body,
      getResponseHeader: name => headers[String(name).toLowerCase()] ?? null,
      getAllResponseHeaders: () => Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`).join(''),
    };
  }

  // --- history: the state is known here, so it is told at once ------------------------------------------------------------

  if (AP.history) {
    let state = AP._data.options.historyState ?? '';
    const listeners = [];
    const { pushState, replaceState } = AP.history;
    const told = value => String(typeof value === 'object' ? value?.hash ?? '' : value ?? '').replace(/^#?!?/, '');
    AP.history.getState = (kind, callback) => {
      const answer = kind === 'all' ? { key: state, hash: state, state } : state;
      (typeof kind === 'function' ? kind : callback)?.(answer);
      return answer;
    };
    AP.history.pushState = next => ((state = told(next)), pushState(next));
    AP.history.replaceState = next => ((state = told(next)), replaceState(next));
    AP.history.popState = listener => listeners.push(listener);
    AP.events.on('sandbox.history.popstate', ({ state: next, href }) => {
      const event = { key: next, hash: next, oldHash: state, state: next, href };
      state = next;
      for (const listener of listeners) listener(event);
    });
  }

  // --- Jira -------------------------------------------------------------------------------------------------------------

  if (AP.jira) {
    const { openCreateIssueDialog } = AP.jira;
    AP.jira.openCreateIssueDialog = (callback, params) => openCreateIssueDialog(params).then(issues => callback?.(issues), () => callback?.());

    const workflow = { validate: () => true, value: () => undefined };
    AP.jira.WorkflowConfiguration = {
      onSaveValidation: listener => (workflow.validate = listener),
      onSave: listener => (workflow.value = listener),
      trigger: () => {
        const valid = workflow.validate() !== false;
        if (valid) AP.jira.saveWorkflowConfiguration(workflow.value());
        else AP.jira.refuseWorkflowConfiguration();
        return { valid, uuid: undefined };
      },
    };
    AP.events.on('sandbox.workflow.save', () => AP.jira.WorkflowConfiguration.trigger());
    AP.jira.DashboardItem = {
      onDashboardItemEdit: listener => AP.events.on('jira_dashboard_item_edit', listener),
    };
  }

  // --- Confluence -------------------------------------------------------------------------------------------------------

  if (AP.confluence) {
    // Names are "{control}.{macro}.macro.property-panel"; the page's editor broadcasts them to the app.
    AP.confluence.onMacroPropertyPanelEvent = bindings => {
      for (const [name, listener] of Object.entries(bindings)) AP.events.on(name, listener);
    };
  }

  // AP.require('request', …) finds what AP has.
  Object.assign(AP._hostModules, { request: AP.request, history: AP.history });
})();
