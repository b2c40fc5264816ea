// What Jira's pages do beyond links and forms: panels that open, dashboard items, workflow rules, the dialog for new issues.
// --- panels whose frame comes when they are opened --------------------------------------------------------------------

for (const panel of document.querySelectorAll('details[data-lazy-frame]')) {
  panel.addEventListener('toggle', async () => {
    const holder = panel.querySelector('.lazy');
    if (!panel.open || !holder) return;
    holder.className = 'app-frame loading';
    const response = await fetch(panel.dataset.lazyFrame, { headers: { Accept: 'application/json' } }).catch(() => null);
    holder.classList.remove('loading');
    if (!response?.ok) {
      holder.className = 'app-frame-problem lazy';
      holder.textContent = response?.status === 403 ? 'This content has been blocked.' : 'The app is not there for you any more.';
      return;
    }
    holder.dataset.frame = JSON.stringify(await response.json());
    window.sandboxBridge.mountAll(panel);
  });
}

// --- dashboard items --------------------------------------------------------------------------------------------------

const itemOf = element => element.closest('[data-dashboard-item]');

document.addEventListener('click', event => {
  if (event.target.closest('[data-dashboard-edit]')) {
    const frame = itemOf(event.target).querySelector('iframe');
    connectHost.broadcastEvent('jira_dashboard_item_edit', { id: frame.id }, {});
  }
  if (event.target.closest('[data-dashboard-refresh]')) location.reload();
});

document.addEventListener('dashboard-item-title', event => {
  const item = itemOf(event.target);
  if (item.dataset.editable === 'true') send(item.dataset.titleUrl, { title: event.detail.title });
});

function send(url, fields) {
  const token = document.querySelector('meta[name="csrf-token"]').content;
  return fetch(url, {
    method: 'POST',
    redirect: 'manual',
    headers: { 'X-CSRF-Token': token, Accept: 'application/json' },
    body: new URLSearchParams(fields),
  });
}

// --- workflow rules ---------------------------------------------------------------------------------------------------

const rule = document.querySelector('[data-workflow-rule]');
if (rule) {
  const problem = rule.querySelector('[data-workflow-problem]');
  const frame = () => document.querySelector('iframe[data-bridge="up"]');
  window.sandboxWorkflow = {
    getConfiguration: () => rule.elements.config.value,
    save: value => {
      if (value != null) rule.elements.config.value = typeof value === 'string' ? value : JSON.stringify(value);
      rule.submit();
    },
    refuse: () => { problem.textContent = 'The app does not take this configuration yet.'; },
  };
  rule.addEventListener('submit', event => {
    if (!rule.dataset.app || !frame()) return;
    event.preventDefault(); // the app is asked for what to save
    problem.textContent = '';
    connectHost.broadcastEvent('sandbox.workflow.save', { id: frame().id }, {});
  });
}

// --- new issues -------------------------------------------------------------------------------------------------------

/** Open the dialog. Gives the issues that were created: one, or none when it was closed. */
async function openCreator({ pid, project, issueType, fields = {} }) {
  const query = new URLSearchParams({ part: 'form', project: project ?? pid ?? '', type: issueType ?? '', summary: fields.summary ?? '' });
  const response = await fetch(`/jira/create?${query}`);
  const parsed = new DOMParser().parseFromString(await response.text(), 'text/html');
  const dialog = document.createElement('dialog');
  dialog.className = 'app-dialog medium create-issue';
  dialog.setAttribute('aria-label', 'Create an issue');
  const heading = document.createElement('header');
  heading.append(Object.assign(document.createElement('h2'), { textContent: 'Create an issue' }));
  const body = document.createElement('div');
  body.className = 'dialog-body';
  body.append(...parsed.body.childNodes);
  dialog.append(heading, body);
  document.body.append(dialog);
  const form = dialog.querySelector('[data-create-form]');
  return new Promise(resolve => {
    const end = issues => {
      dialog.close();
      dialog.remove();
      resolve(issues);
    };
    dialog.addEventListener('cancel', event => {
      event.preventDefault();
      end([]);
    });
    dialog.addEventListener('click', event => {
      if (!event.target.closest('[data-create-cancel]')) return;
      event.preventDefault();
      end([]);
    });
    form?.addEventListener('submit', async event => {
      event.preventDefault();
      const answer = await send(form.action, new FormData(form)).catch(() => null);
      const told = await answer?.json().catch(() => null);
      if (answer?.status === 201) end([told]);
      else {
        const problem = form.querySelector('[data-create-problem]');
        problem.hidden = false;
        problem.textContent = told?.problem ?? 'The issue was not created.';
      }
    });
    dialog.showModal();
    form?.elements.summary.focus();
  });
}

window.sandboxIssueCreator = { open: openCreator };

document.addEventListener('click', async event => {
  const opener = event.target.closest('a[data-create-issue]');
  if (!opener || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  const query = new URL(opener.href).searchParams;
  if (query.get('parent')) return location.assign(opener.href);
  const [issue] = await openCreator({ project: opener.dataset.createIssue });
  if (issue) location.assign(issue.page);
});
