import { runPart } from './parts.js'

await runPart(import.meta.url)
