/* Lets Node import the project's TypeScript: node --import=./scripts/typescript-loader.js FILE.ts */
import { existsSync } from 'node:fs'
import { register } from 'node:module'
import { fileURLToPath } from 'node:url'
import { isMainThread, parentPort } from 'node:worker_threads'
import { transpiled } from './transpile.js'

// Node runs the hooks below in a separate thread. That thread loads this file again and has no parent port.
if (isMainThread || parentPort !== null) {
  register(import.meta.url)
  // Programs that a test starts must not inherit this variable, with which .taprc switches tap's own loader off.
  delete process.env['TAP_TYPE_STRIP_ONLY']
}

/** In TypeScript, an import names the compiled module: './reader.js' means reader.ts. */
export async function resolve(specifier, context, nextResolve) {
  if (/^\.\.?\/.*\.js$/.test(specifier) && context.parentURL?.endsWith('.ts')) {
    const url = new URL(specifier.replace(/js$/, 'ts'), context.parentURL)
    if (existsSync(url)) return { url: url.href, format: 'module', shortCircuit: true }
  }
  return nextResolve(specifier, context)
}

export async function load(url, context, nextLoad) {
  if (!url.startsWith('file:') || !url.endsWith('.ts')) return nextLoad(url, context)
  // Lets tap's own hook read the file, because that hook records which files a test loads.
  const { source } = await nextLoad(url, { ...context, format: 'module' })
  const text = transpiled(fileURLToPath(url), String(source))
  return { format: 'module', shortCircuit: true, source: text }
}
