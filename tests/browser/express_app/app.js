// A page, a dialog, webhooks, and calls to the host as the app and as the user.
const http = require("http");
const express = require("express");
const connect = require("atlassian-connect-express");

const kept = new Map();
connect.store.register("map", () => ({
  get: async (key, client) => kept.get(`${client}/${key}`) ?? null,
  set: async (key, value, client) => (kept.set(`${client}/${key}`, value), value),
  del: async (key, client) => void kept.delete(`${client}/${key}`),
  saveInstallation: async (value, client) => (kept.set(`${client}/clientInfo`, value), value),
  isMemoryStore: () => true,
}));

const app = express();
const quiet = { info() {}, debug() {}, warn: console.warn, error: console.error };
const addon = connect(app, {}, quiet);
const heard = [];

app.use(express.json({ limit: "2mb" }));
app.use(addon.middleware());

const page = (title, script, hostScriptUrl) => `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>${title}</title></head>
<body><main class="ac-content"><h1>${title}</h1></main>
<script src="${hostScriptUrl}"></script><script type="module" src="/${script}"></script></body></html>`;

app.get("/main", addon.authenticate(), (req, res) => res.send(page("Express page", "main.js", res.locals.hostScriptUrl)));
app.get("/choose", addon.authenticate(), (req, res) => res.send(page("Choose", "choose.js", res.locals.hostScriptUrl)));
app.use(express.static("public"));

// Ask the host, as the page's script says; the answer is status and body of what the host said.
app.post("/ask", addon.checkValidToken(), (req, res) => {
  const { method = "get", url, body, asUser } = req.body;
  const own = addon.httpClient(req);
  const client = asUser ? own.asUserByAccountId(req.context.userAccountId) : own;
  const options = body ? { url, json: true, body } : { url };
  client[method](options, (error, answer, text) => {
    if (error) res.status(502).json({ error: String(error) });
    else res.json({ status: answer.statusCode, body: typeof text === "string" ? JSON.parse(text || "null") : text });
  });
});

// The framework asks the host what the user may do.
const administrators = addon.config.product().isJIRA
  ? addon.authorizeJira({ global: ["ADMINISTER"] })
  : addon.authorizeConfluence({ application: ["administer"] });
app.get("/administer", addon.checkValidToken(), administrators, (req, res) => res.json({ allowed: true }));

for (const event of ["page_updated", "jira:issue_updated"]) {
  addon.on(event, (name, body) => heard.push({ event: name, id: String((body.page ?? body.issue).id) }));
}
app.get("/heard", addon.checkValidToken(), (req, res) => res.json(heard));

http.createServer(app).listen(process.env.PORT, "127.0.0.1", () => console.log("listening"));
