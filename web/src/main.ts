import "../styles/layers.css"
import { mount } from "svelte"
import App from "./App.svelte"
import { settleLanguage } from "./ui/text.ts"

await settleLanguage()
mount(App, { target: document.getElementById("app")! })
