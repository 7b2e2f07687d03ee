/** A platform's mark out of the SVG text its folder holds: shapes alone, nothing that could act. */

export interface Mark {
  box: string
  paths: string[]
}

const EMPTY: Mark = { box: "0 0 24 24", paths: [] }
const known = new Map<string, Mark>()

/** The shapes of a mark, drawn in one colour. Circles and rectangles are turned into paths. */
export function markOf(svg: string): Mark {
  const seen = known.get(svg)
  if (seen) return seen
  const root = new DOMParser().parseFromString(svg, "image/svg+xml").documentElement
  if (root.nodeName !== "svg") return EMPTY
  const width = root.getAttribute("width") ?? "24"
  const height = root.getAttribute("height") ?? "24"
  const box = root.getAttribute("viewBox") ?? `0 0 ${parseFloat(width)} ${parseFloat(height)}`
  const paths = [...root.querySelectorAll("path, circle, rect")].filter(isDrawn).map(pathOf).filter(Boolean)
  const mark = { box, paths }
  known.set(svg, mark)
  return mark
}

function isDrawn(shape: Element): boolean {
  return shape.getAttribute("fill") !== "none" && !shape.closest("defs, clipPath, mask")
}

function pathOf(shape: Element): string {
  const value = (name: string): number => parseFloat(shape.getAttribute(name) ?? "0")
  if (shape.nodeName === "path") return shape.getAttribute("d") ?? ""
  if (shape.nodeName === "circle") {
    const r = value("r")
    return `M${value("cx") - r} ${value("cy")}a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0z`
  }
  return `M${value("x")} ${value("y")}h${value("width")}v${value("height")}h${-value("width")}z`
}
