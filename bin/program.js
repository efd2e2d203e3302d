/*
  The command line as one script, and beside it what V8 has made of it when it was built: whoever starts has little left
  to compile (docs/decisions/0013-the-program-is-bundled.md). Another V8 than that one does not take it and compiles.
*/
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { Script } from 'node:vm'

const filename = fileURLToPath(new URL('../dist/cli/dispatch.js', import.meta.url))

/** Where the compiled code is; packages do not hold it, as they are for any Node. */
export const cachePath = fileURLToPath(new URL('../dist/cli/dispatch.cache', import.meta.url))

function readCache() {
  try {
    return readFileSync(cachePath)
  } catch {
    return undefined
  }
}

export const script = new Script(readFileSync(filename, 'latin1'), {
  filename,
  cachedData: readCache(),
})

const program = { exports: {} }
script.runInThisContext()(program, createRequire(filename), import.meta)

/**
 * What `src/cli/dispatch.ts` exports, for `dist/cli/main.js`.
 *
 * @public
 */
export const { dispatch } = program.exports
