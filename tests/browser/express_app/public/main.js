// For whoever drives the page: `ask` goes through the app's server with a fresh context token.
window.ask = async (body) => {
  const headers = { Authorization: `JWT ${await AP.context.getToken()}`, "Content-Type": "application/json" };
  const response = await fetch("/ask", { method: "POST", headers, body: JSON.stringify(body) });
  return response.ok ? response.json() : { refused: response.status };
};

window.heard = async () => {
  const headers = { Authorization: `JWT ${await AP.context.getToken()}` };
  return (await fetch("/heard", { headers })).json();
};

window.choose = () =>
  new Promise((resolve) => {
    AP.events.once("dialog.close", resolve);
    AP.dialog.create({ key: "choose", size: "small", chrome: true, header: "Choose", customData: { from: "main" } });
  });
