"use strict";
// Signs in with a token: one that is typed, or, after a click, one behind # in the address, which browsers send to nobody.

const element = (id) => document.getElementById(id);
const asked = new URLSearchParams(location.search).get("next") ?? "";
const next = /^\/(?![/\\])[\x21-\x5b\x5d-\x7e]*$/.test(asked) ? asked : "/graphql";

async function signIn(token) {
  element("go").disabled = true;
  try {
    const response = await fetch("sign-in", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ token }),
    });
    if (response.ok) {
      location.replace(next);
      return;
    }
    const problem = await response.json();
    element("state").textContent = problem.detail ?? "That did not work.";
  } catch (error) {
    element("state").textContent = `The server does not answer: ${error.message}`;
  } finally {
    element("go").disabled = false;
  }
}

async function who(headers) {
  const response = await fetch("api/v1/whoami", { headers });
  return response.ok ? (await response.json()).subject : null;
}

// Whoever made the link chose the token: with it a session begins only when somebody has seen whose, and wants it.
async function offer(token) {
  element("token").value = token;
  const [theirs, own] = await Promise.all([who({ Authorization: `Bearer ${token}` }), who({})]);
  if (theirs === null) {
    element("state").textContent = "The token of this link is not valid here.";
    return;
  }
  const instead = own === null || own === theirs ? "" : ` You are signed in as ${own}; that session would end here.`;
  element("state").textContent = `This link signs you in as ${theirs}.${instead}`;
  element("go").textContent = `Sign in as ${theirs}`;
}

async function showWays() {
  const ways = await (await fetch("sign-in/ways")).json();
  element("issuer").hidden = !ways.issuer;
  element("issuer").querySelector("a").search = new URLSearchParams({ next }).toString();
}

element("form").addEventListener("submit", (event) => {
  event.preventDefault();
  signIn(element("token").value.trim());
});
showWays().catch(() => { element("issuer").hidden = true; });

const given = new URLSearchParams(location.hash.slice(1)).get("token");
if (given) {
  history.replaceState(null, "", location.pathname + location.search); // it must not stay in the history
  offer(given).catch((error) => { element("state").textContent = `The server does not answer: ${error.message}`; });
}
