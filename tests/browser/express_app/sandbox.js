// Loaded before the app (node --require). The framework reads from its environment where install keys and AP come from,
// but not where users' tokens do: here the sandbox's server takes the place of Atlassian's.
const OAuth2 = require("atlassian-connect-express/lib/internal/oauth2");

OAuth2.prototype.getAuthorizationServer = () => process.env.SANDBOX_URL;
