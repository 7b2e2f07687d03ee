/** Going round the panes with F6, and out to the browser after the last. */

export function nextPane(step: 0 | 1): boolean {
  const panes = [...document.querySelectorAll<HTMLElement>("[data-pane]")].filter((pane) => pane.offsetParent !== null)
  const here = panes.findIndex((pane) => pane.contains(document.activeElement))
  const next = panes[here + 1]
  if (step === 1) focusIn(next)
  return next !== undefined
}

/** The row one was at, if the pane is a list; else the pane itself. */
function focusIn(pane: HTMLElement | undefined): void {
  const row = pane?.querySelector<HTMLElement>('[data-row][tabindex="0"]')
  ;(row ?? pane)?.focus()
}
