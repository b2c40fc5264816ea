// AP.jira or AP.confluence, whichever site the page is of: apps tell the product by which of them is there.
//
// What needs an editor asks what the page put in place: `window.sandboxMacroEditor`, `window.sandboxWorkflow`,
// `window.sandboxIssueCreator`.
import { answering } from './modules.js';
import { ask, page } from './page.js';

export function defineProduct() {
  connectHost.defineModule(page.product, page.product === 'jira' ? jira : confluence);
}

function hook(name, missing) {
  const found = window[name];
  if (!found) throw new Error(missing);
  return found;
}

const absent = call => () => {
  throw new Error(`${call} does nothing in the sandbox: its pages have nothing of the kind.`);
};

// --- Jira -------------------------------------------------------------------------------------------------------------

const NO_WORKFLOW = 'No workflow rule is being configured on this page.';
const NO_CREATOR = 'Issues cannot be created from this page of the sandbox.';
const workflow = () => hook('sandboxWorkflow', NO_WORKFLOW);
const dashboardItem = frame => frame.holder.closest('[data-dashboard-item]');

const jira = {
  refreshIssuePage: answering(0, () => location.reload()),
  getWorkflowConfiguration: answering(0, () => workflow().getConfiguration()),
  saveWorkflowConfiguration: answering(1, (frame, value) => workflow().save(value)),
  refuseWorkflowConfiguration: answering(0, () => workflow().refuse?.()),
  // In apps the callback comes first; the shim in all.js turns them round.
  openCreateIssueDialog: answering(1, (frame, params) => hook('sandboxIssueCreator', NO_CREATOR).open(params ?? {})),
  openIssueDialog: answering(1, (frame, issueKey) => location.assign(`/browse/${encodeURIComponent(issueKey)}`)),
  setDashboardItemTitle: answering(1, (frame, title) => {
    const item = dashboardItem(frame);
    if (!item) throw new Error('This frame is not in a dashboard item.');
    const heading = item.querySelector('[data-dashboard-item-title]');
    if (heading) heading.textContent = title;
    item.dispatchEvent(new CustomEvent('dashboard-item-title', { bubbles: true, detail: { title } }));
  }),
  isDashboardItemEditable: answering(0, frame => dashboardItem(frame)?.dataset.editable === 'true'),
  isNativeApp: answering(0, () => false),
  initJQLEditor: answering(1, absent('AP.jira.initJQLEditor')),
  showJQLEditor: answering(1, absent('AP.jira.showJQLEditor')),
  openDatePicker: answering(1, absent('AP.jira.openDatePicker')),
};

// --- Confluence -------------------------------------------------------------------------------------------------------

const NO_MACRO = 'No macro is being edited on this page.';
const macro = () => hook('sandboxMacroEditor', NO_MACRO);

const confluence = {
  saveMacro: answering(2, (frame, parameters, body) => macro().save(parameters ?? {}, body)),
  closeMacroEditor: answering(0, () => macro().close()),
  getMacroData: answering(0, () => macro().getData()),
  getMacroBody: answering(0, () => macro().getBody()),
  closeMacroPropertyPanel: answering(0, () => macro().closePropertyPanel?.()),
  getContentProperty: answering(1, (frame, key) => property(frame, key)),
  setContentProperty: answering(1, setProperty),
  syncPropertyFromServer: answering(1, (frame, key) => property(frame, key)),
};

async function property(frame, key) {
  const answer = await ask('request', frame, { url: `${propertiesOf(frame)}/${encodeURIComponent(key)}` });
  if (answer.status === 404) return null;
  return read(answer);
}

async function setProperty(frame, wanted) {
  const known = await property(frame, wanted.key);
  const body = JSON.stringify({ key: wanted.key, value: wanted.value, version: { number: (known?.version?.number ?? 0) + 1 } });
  const at = known ? `${propertiesOf(frame)}/${encodeURIComponent(wanted.key)}` : propertiesOf(frame);
  const headers = { 'Content-Type': 'application/json' };
  return { property: read(await ask('request', frame, { url: at, method: known ? 'PUT' : 'POST', headers, body })) };
}

function propertiesOf(frame) {
  const id = frame.data.context.confluence?.content?.id;
  if (!id) throw new Error('This frame is not on a page or other content.');
  return `/rest/api/content/${encodeURIComponent(id)}/property`;
}

function read(answer) {
  if (answer.status >= 400) throw new Error(`The sandbox answered ${answer.status}.`);
  return JSON.parse(answer.body);
}
