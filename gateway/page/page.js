// Draws /openapi.json. Every text is set as text, never as HTML.
"use strict";

function element(tag, text, ...children) {
  const made = document.createElement(tag);
  if (text) made.textContent = text;
  made.append(...children);
  return made;
}

function resolve(spec, value) {
  while (value && value.$ref) {
    value = value.$ref.slice(2).split("/").reduce((inner, step) => inner[step], spec);
  }
  return value || {};
}

function typeOf(spec, schema) {
  if (schema.anyOf || schema.oneOf) {
    return (schema.anyOf || schema.oneOf).map((each) => typeOf(spec, each)).join(" or ");
  }
  if (schema.$ref) return schema.$ref.split("/").pop();
  if (schema.enum) return schema.enum.join(" | ");
  const type = [].concat(schema.type || "any").join(" or ");
  return type === "array" ? `list of ${typeOf(spec, schema.items || {})}` : type;
}

function limits(schema) {
  const found = [];
  if (schema.maxLength) found.push(`${schema.minLength || 0} to ${schema.maxLength} characters`);
  if (schema.minimum !== undefined) found.push(`at least ${schema.minimum}`);
  if (schema.default !== undefined && schema.default !== null) found.push(`default ${schema.default}`);
  return found.join("; ");
}

function table(rows) {
  const lines = rows.map((cells) => element("tr", "", ...cells.map((cell) => element("td", "", cell))));
  return element("table", "", element("tbody", "", ...lines));
}

function properties(spec, schema) {
  const whole = resolve(spec, schema);
  const required = new Set(whole.required || []);
  return table(
    Object.entries(whole.properties || {}).map(([name, property]) => [
      element("code", name + (required.has(name) ? " *" : "")),
      typeOf(spec, property),
      [property.description, limits(property)].filter(Boolean).join(" ")
    ])
  );
}

function section(title, content) {
  return [element("h4", title), content];
}

function parameters(spec, path, operation) {
  const named = [...(spec.paths[path].parameters || []), ...(operation.parameters || [])];
  const found = named.map((each) => resolve(spec, each));
  if (!found.length) return [];
  const rows = found.map((each) => [
    element("code", each.name + (each.required ? " *" : "")),
    `${each.in}, ${typeOf(spec, each.schema || {})}`,
    each.description || (each.schema || {}).description || ""
  ]);
  return section("Parameters", table(rows));
}

function body(spec, operation) {
  const content = (operation.requestBody || {}).content;
  return content ? section("Body (JSON)", properties(spec, content["application/json"].schema)) : [];
}

function answers(spec, operation) {
  const rows = Object.entries(operation.responses || {}).map(([status, reference]) => {
    const answer = resolve(spec, reference);
    const schema = ((answer.content || {})["application/json"] || {}).schema;
    const code = element("code", status);
    if (status >= "4" || status === "default") code.className = "status-bad";
    return [code, answer.description || "", schema ? typeOf(spec, schema) : ""];
  });
  return section("Answers", table(rows));
}

function anchor(method, path) {
  return `${method}${path}`.replace(/[^\w.]+/g, "-");
}

function draw(spec, method, path, operation) {
  const name = element("h3", "", Object.assign(element("span", method.toUpperCase()), { className: "method" }), path);
  const article = element("article", "", name, element("p", operation.summary));
  article.id = anchor(method, path);
  if (operation.description) article.append(element("p", operation.description));
  if (operation.security) article.append(element("p", "Needs a token: Authorization: Bearer TOKEN"));
  article.append(...parameters(spec, path, operation), ...body(spec, operation), ...answers(spec, operation));
  return article;
}

function link(method, path) {
  const made = element("a", path);
  made.href = `#${anchor(method, path)}`;
  return made;
}

function drawAll(spec) {
  document.title = document.getElementById("title").textContent = `${spec.info.title}: API`;
  document.getElementById("description").textContent = spec.info.description || "";
  const contents = document.getElementById("contents");
  const operations = document.getElementById("operations");
  for (const tag of spec.tags) {
    contents.append(element("strong", tag.name));
    operations.append(element("h2", `${tag.name}: ${tag.description}`));
    for (const [path, methods] of Object.entries(spec.paths)) {
      for (const [method, operation] of Object.entries(methods)) {
        if (!(operation.tags || []).includes(tag.name)) continue;
        contents.append(link(method, path));
        operations.append(draw(spec, method, path, operation));
      }
    }
  }
  operations.append(element("h2", "Documents"));
  for (const [name, schema] of Object.entries((spec.components || {}).schemas || {})) {
    operations.append(element("article", "", element("h3", name), properties(spec, schema)));
  }
  if (location.hash) document.getElementById(location.hash.slice(1))?.scrollIntoView();
}

fetch("/openapi.json")
  .then((answer) => answer.json())
  .then(drawAll)
  .catch(() => document.getElementById("operations").append("The description could not be read from /openapi.json."));
