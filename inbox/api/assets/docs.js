/* Draws /api/v1/openapi.json. Text only ever becomes text: nothing here builds HTML from a string. */

const METHODS = ["get", "post", "put", "patch", "delete"]

const make = (tag, props = {}, ...children) => {
  const element = Object.assign(document.createElement(tag), props)
  element.append(...children.filter((child) => child !== null && child !== undefined))
  return element
}

const description = await (await fetch("/api/v1/openapi.json")).json()
const named = (ref) => ref.split("/").at(-1)

/** A schema in a few words, with links to the shapes it names. */
function words(schema) {
  if (!schema) return ["anything"]
  if (schema.$ref) return [make("a", { href: `#${named(schema.$ref)}` }, title(named(schema.$ref)))]
  const several = schema.oneOf ?? schema.anyOf ?? schema.allOf
  if (several) return several.flatMap((one, index) => (index ? [" or ", ...words(one)] : words(one)))
  if (schema.enum) return [schema.enum.map((value) => JSON.stringify(value)).join(" | ")]
  if (schema.const !== undefined) return [JSON.stringify(schema.const)]
  if (schema.type === "array") return ["list of ", ...words(schema.items)]
  if (schema.additionalProperties) return ["object of ", ...words(schema.additionalProperties)]
  const type = Array.isArray(schema.type) ? schema.type.join(" or ") : (schema.type ?? "anything")
  return [schema.format ? `${type} (${schema.format})` : type]
}

const title = (name) => description.components.schemas[name]?.title ?? name

function limits(schema) {
  const said = []
  if (schema.minimum !== undefined) said.push(`from ${schema.minimum}`)
  if (schema.maximum !== undefined) said.push(`to ${schema.maximum}`)
  if (schema.maxLength !== undefined) said.push(`at most ${schema.maxLength} characters`)
  if (schema.default !== undefined) said.push(`default ${JSON.stringify(schema.default)}`)
  return [schema.description, said.join(", ")].filter(Boolean).join(". ")
}

function table(heads, rows) {
  const head = make("tr", {}, ...heads.map((text) => make("th", { scope: "col" }, text)))
  return make("table", {}, make("thead", {}, head), make("tbody", {}, ...rows))
}

const row = (name, schema, required) =>
  make(
    "tr",
    {},
    make("td", {}, make("code", {}, name), required ? "" : " (optional)"),
    make("td", {}, ...words(schema)),
    make("td", {}, limits(schema ?? {})),
  )

function door(path, method, operation) {
  const parameters = operation.parameters ?? []
  const body = Object.values(operation.requestBody?.content ?? {})[0]?.schema
  const answers = Object.entries(operation.responses).map(([status, response]) => {
    const content = Object.values(response.content ?? {})[0]?.schema
    const shape = content ? words(content) : ["nothing"]
    return make("tr", {}, make("td", {}, status), make("td", {}, ...shape), make("td", {}, response.description ?? ""))
  })
  return make(
    "section",
    { className: "door", id: operation.operationId },
    make(
      "h3",
      {},
      make("span", { className: "method" }, method.toUpperCase()),
      make("code", { className: "path" }, path),
    ),
    make("p", { className: "about" }, [operation.summary, operation.description].filter(Boolean).join(". ")),
    parameters.length > 0
      ? make(
          "details",
          { open: true },
          make("summary", {}, "Parameters"),
          table(
            ["Name", "Type", ""],
            parameters.map((one) => row(one.name, { ...one.schema, description: one.description }, one.required)),
          ),
        )
      : null,
    body ? make("p", {}, "Body: ", ...words(body)) : null,
    make("details", {}, make("summary", {}, "Answers"), table(["Status", "Body", ""], answers)),
  )
}

function shape(name, schema) {
  const required = new Set(schema.required ?? [])
  const properties = Object.entries(schema.properties ?? {})
  return make(
    "section",
    { className: "door", id: name },
    make("h3", {}, make("code", {}, title(name))),
    schema.description ? make("p", { className: "about" }, schema.description) : null,
    properties.length > 0
      ? table(
          ["Field", "Type", ""],
          properties.map(([field, of]) => row(field, of, required.has(field))),
        )
      : make("p", {}, ...words(schema)),
  )
}

const main = document.querySelector("#main")
const doors = document.querySelector("#doors")
main.append(make("h1", {}, `${description.info.title} API ${description.info.version}`))
for (const text of description.info.description.split("\n\n")) {
  main.append(make("p", {}, text.replaceAll("**", "").replaceAll("`", "")))
}

const byTag = new Map()
for (const [path, operations] of Object.entries(description.paths)) {
  for (const method of METHODS.filter((one) => operations[one])) {
    const tag = operations[method].tags?.[0] ?? "more"
    byTag.set(tag, [...(byTag.get(tag) ?? []), [path, method, operations[method]]])
  }
}
for (const [tag, found] of byTag) {
  main.append(make("h2", {}, tag), ...found.map((one) => door(...one)))
  doors.append(
    make("h2", {}, tag),
    ...found.map(([, , operation]) => make("a", { href: `#${operation.operationId}` }, operation.summary)),
  )
}
main.append(make("h2", {}, "Shapes"))
for (const [name, schema] of Object.entries(description.components.schemas)) main.append(shape(name, schema))
main.setAttribute("aria-busy", "false")
if (location.hash) document.getElementById(location.hash.slice(1))?.scrollIntoView()
