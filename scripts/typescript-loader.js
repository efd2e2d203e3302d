/*
  Lets Node import the project's TypeScript: node --import=./scripts/typescript-loader.js FILE.ts
*/
import { existsSync } from 'node:fs'
import { register } from 'node:module'
import { fileURLToPath } from 'node:url'
import { isMainThread, parentPort } from 'node:worker_threads'
import { transpiled } from './transpile.js'

// Node runs the hooks below in their own thread, which loads this file again and has no parent port.
if (isMainThread || parentPort !== null) {
  register(import.meta.url)
  // Programs that a test starts do not need this variable. .taprc sets it to switch tap's own loader off.
  delete process.env['TAP_TYPE_STRIP_ONLY']
}

/** TypeScript imports name the compiled module: './reader.js' is in reader.ts. */
export async function resolve(specifier, context, nextResolve) {
  if (/^\.\.?\/.*\.js$/.test(specifier) && context.parentURL?.endsWith('.ts')) {
    const url = new URL(specifier.replace(/js$/, 'ts'), context.parentURL)
    if (existsSync(url)) return { url: url.href, format: 'module', shortCircuit: true }
  }
  return nextResolve(specifier, context)
}

export async function load(url, context, nextLoad) {
  if (!url.startsWith('file:') || !url.endsWith('.ts')) return nextLoad(url, context)
  // tap's own hook must read the file: that hook notes which files a test loads.
  const { source } = await nextLoad(url, { ...context, format: 'module' })
  const text = transpiled(fileURLToPath(url), String(source))
  return { format: 'module', shortCircuit: true, source: text }
}
