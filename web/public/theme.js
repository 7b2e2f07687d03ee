// Before the first paint, so that a chosen theme never flashes in the other one.
try {
  var chosen = JSON.parse(localStorage.getItem("earshot.appearance") || "{}")
  if (chosen.theme === "light" || chosen.theme === "dark") document.documentElement.dataset.theme = chosen.theme
  if (chosen.density === "compact") document.documentElement.dataset.density = "compact"
} catch (_) {
  // Storage is closed to us: the system's theme it is.
}
