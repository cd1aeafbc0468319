// Tokens through the npm packages simple-oauth2, openid-client and passport-oauth2, which are not ours and not changed.
// PHASE says what is done: `service`, a back office's token in each way that a package knows; `ask`, the address that a
// user is sent to, by package; `exchange`, the token for the callback that the user came back with.
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const { PHASE, URL_OF_SERVER: server, CLIENT_ID: id, CLIENT_SECRET: secret, CALLBACKS, REDIRECT } = process.env;
const require = createRequire(pathToFileURL(`${process.cwd()}/package.json`));
const { AuthorizationCode, ClientCredentials } = require("simple-oauth2");
const OAuth2Strategy = require("passport-oauth2");
const openid = await import(pathToFileURL(require.resolve("openid-client")).href);

const scout = { tokenHost: server, tokenPath: "/api/v1/oauth/token", authorizePath: "/oauth/new" };
const said = {};

function configured(token_endpoint, authentication) {
  const endpoints = { issuer: server, token_endpoint, authorization_endpoint: `${server}/oauth/new` };
  const config = new openid.Configuration(endpoints, id, {}, authentication(secret));
  openid.allowInsecureRequests(config);
  return config;
}

async function service() {
  const auth = { tokenHost: server, tokenPath: "/oauth/token" };
  for (const [name, options] of Object.entries({
    "simple-oauth2": {},
    "simple-oauth2, form": { authorizationMethod: "body" },
    "simple-oauth2, json": { authorizationMethod: "body", bodyFormat: "json" },
  })) {
    const client = new ClientCredentials({ client: { id, secret }, auth, options });
    said[name] = (await client.getToken({})).token.access_token;
  }
  for (const [name, method] of Object.entries({
    "openid-client, basic": openid.ClientSecretBasic,
    "openid-client, post": openid.ClientSecretPost,
  })) {
    const granted = await openid.clientCredentialsGrant(configured(`${server}/oauth/token`, method));
    said[name] = granted.access_token;
  }
}

function strategy(finished) {
  const addresses = { authorizationURL: `${server}/oauth/new`, tokenURL: `${server}${scout.tokenPath}` };
  const options = { ...addresses, clientID: id, clientSecret: secret, callbackURL: REDIRECT };
  options.scope = ["checkouts", "username"];
  options.scopeSeparator = ",";
  const made = new OAuth2Strategy(options, (token, _refresh, _profile, done) => done(null, { token }));
  made.error = made.fail = (problem) => finished({ problem: String(problem) });
  made.success = (user) => finished(user);
  made.redirect = (address) => finished({ address });
  return made;
}

const run = (request) => new Promise((finished) => strategy(finished).authenticate(request));

async function ask() {
  const simple = new AuthorizationCode({ client: { id, secret }, auth: scout });
  said["simple-oauth2"] = simple.authorizeURL({ redirect_uri: REDIRECT, scope: ["checkouts", "username"], state: "s 1" });
  const code_challenge = await openid.calculatePKCECodeChallenge(VERIFIER);
  const proof = { code_challenge, code_challenge_method: "S256", state: "two" };
  const wanted = { redirect_uri: REDIRECT, scope: "checkouts username", ...proof };
  said["openid-client"] = openid.buildAuthorizationUrl(configured(`${server}${scout.tokenPath}`, openid.ClientSecretBasic), wanted).href;
  said["passport-oauth2"] = (await run({ query: {}, url: "/", headers: {} })).address;
}

const VERIFIER = "a-verifier-of-more-than-forty-three-characters-as-it-has-to-be";

async function exchange() {
  const callbacks = Object.fromEntries(Object.entries(JSON.parse(CALLBACKS)).map(([name, one]) => [name, new URL(one)]));
  const simple = new AuthorizationCode({ client: { id, secret }, auth: scout });
  const first = { code: callbacks["simple-oauth2"].searchParams.get("code"), redirect_uri: REDIRECT };
  said["simple-oauth2"] = (await simple.getToken(first)).token.access_token;
  const config = configured(`${server}${scout.tokenPath}`, openid.ClientSecretBasic);
  const checks = { pkceCodeVerifier: VERIFIER, expectedState: "two" };
  said["openid-client"] = (await openid.authorizationCodeGrant(config, callbacks["openid-client"], checks)).access_token;
  const query = { code: callbacks["passport-oauth2"].searchParams.get("code") };
  said["passport-oauth2"] = (await run({ query, url: "/", headers: {} })).token;
}

await { service, ask, exchange }[PHASE]();
console.log(JSON.stringify(said));
