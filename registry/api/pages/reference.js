"use strict";
// The REST routes as openapi.json describes them, without any other site.

function node(tag, text) {
  const made = document.createElement(tag);
  if (text) made.textContent = text;
  return made;
}

function list(title, entries) {
  const items = node("ul");
  for (const [name, text] of entries) {
    const item = node("li");
    item.append(node("code", name), ` ${text ?? ""}`);
    items.append(item);
  }
  return entries.length ? [node("p", title), items] : [];
}

function body(request) {
  return Object.entries(request?.content ?? {}).flatMap(([type, content]) => {
    const shown = [node("p", `Body (${type})`)];
    const example = content.example ?? Object.values(content.examples ?? {})[0]?.value;
    if (example !== undefined) shown.push(node("pre", typeof example === "string" ? example : JSON.stringify(example, null, 2)));
    return shown;
  });
}

function route(path, method, operation) {
  const details = node("details");
  details.append(node("summary", `${method.toUpperCase()} ${path}  ${operation.summary ?? ""}`));
  if (operation.description) details.append(node("p", operation.description));
  details.append(
    ...list("Parameters", (operation.parameters ?? []).map((item) => [`${item.name} (${item.in})`, item.description])),
    ...body(operation.requestBody),
    ...list("Answers", Object.entries(operation.responses ?? {}).map(([status, item]) => [status, item.description])),
  );
  return details;
}

async function show() {
  const api = await (await fetch("openapi.json")).json();
  const routes = Object.entries(api.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => route(path, method, operation)));
  document.getElementById("routes").replaceChildren(node("p", api.info.description), ...routes);
}

show().catch((error) => { document.getElementById("routes").textContent = `No description: ${error.message}`; });
