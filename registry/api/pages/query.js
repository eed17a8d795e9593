"use strict";
// The query page without GraphiQL: write, run, look at the schema. Talks to its own address only.

const EXAMPLE = `# Ctrl-Enter runs it.
{
  search(first: 10) {
    totalCount
    edges { node { urn kind name title } }
  }
}
`;
const SCHEMA = `{ __schema { queryType { name } types { kind name description
  fields { name description args { name type { ...T } } type { ...T } }
  enumValues { name description } } } }
fragment T on __Type { kind name ofType { kind name ofType { kind name ofType { kind name } } } }`;

const element = (id) => document.getElementById(id);
const address = new URLSearchParams(location.search);

async function ask(body) {
  const response = await fetch(location.pathname, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
  return response.json();
}

async function run() {
  const result = element("result");
  let variables;
  try {
    variables = element("variables").value.trim() ? JSON.parse(element("variables").value) : undefined;
  } catch (error) {
    result.textContent = `The variables are not JSON: ${error.message}`;
    result.classList.add("bad");
    return;
  }
  element("run").disabled = true;
  const started = performance.now();
  try {
    const answer = await ask({ query: element("query").value, variables });
    result.textContent = JSON.stringify(answer, null, 2);
    result.classList.toggle("bad", Boolean(answer.errors));
    element("state").textContent = `${Math.round(performance.now() - started)} ms`;
  } catch (error) {
    result.textContent = `The server does not answer: ${error.message}`;
    result.classList.add("bad");
  } finally {
    element("run").disabled = false;
  }
}

function typeText(type) {
  if (type.kind === "NON_NULL") return `${typeText(type.ofType)}!`;
  if (type.kind === "LIST") return `[${typeText(type.ofType)}]`;
  return type.name;
}

function node(tag, text, className) {
  const made = document.createElement(tag);
  if (text) made.textContent = text;
  if (className) made.className = className;
  return made;
}

function describe(type) {
  const details = node("details");
  details.append(node("summary", type.name));
  if (type.description) details.append(node("p", type.description));
  const list = node("ul");
  for (const field of type.fields ?? []) {
    const args = field.args.map((arg) => `${arg.name}: ${typeText(arg.type)}`).join(", ");
    const item = node("li");
    item.append(node("code", `${field.name}${args ? `(${args})` : ""}: ${typeText(field.type)}`));
    if (field.description) item.append(` ${field.description}`);
    list.append(item);
  }
  for (const value of type.enumValues ?? []) {
    const item = node("li");
    item.append(node("code", value.name));
    if (value.description) item.append(` ${value.description}`);
    list.append(item);
  }
  details.append(list);
  return details;
}

async function showSchema() {
  const answer = await ask({ query: SCHEMA });
  if (!answer.data) throw new Error(answer.detail ?? "sign in first");
  const root = answer.data.__schema.queryType.name;
  const types = answer.data.__schema.types.filter((type) => !type.name.startsWith("__"));
  types.sort((a, b) => (b.name === root) - (a.name === root) || a.name.localeCompare(b.name));
  const shown = types.map(describe);
  shown[0].open = true;
  element("schema").replaceChildren(...shown);
  element("filter").addEventListener("input", (event) => {
    const wanted = event.target.value.trim().toLowerCase();
    types.forEach((type, index) => { shown[index].hidden = !type.name.toLowerCase().includes(wanted); });
  });
}

element("query").value = address.get("query") ?? EXAMPLE;
element("variables").value = address.get("variables") ?? "";
element("run").addEventListener("click", run);
document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) run();
});
showSchema().catch((error) => { element("schema").textContent = `No schema: ${error.message}`; });
