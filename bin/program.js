/*
  The command line. A checkout has it as one script, and beside it what V8 has made of it when it was built: starting
  leaves little to compile (docs/decisions/0013-the-program-is-bundled.md). Another V8 does not take that and compiles.
  A package has it in the pieces that it shares with the library.
*/
import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { Script } from 'node:vm'

const filename = fileURLToPath(new URL('../dist/script/dispatch.js', import.meta.url))

/** Where the compiled code is. */
export const cachePath = fileURLToPath(new URL('../dist/script/dispatch.cache', import.meta.url))

function readCache() {
  try {
    return readFileSync(cachePath)
  } catch {
    return undefined
  }
}

/** undefined in a package */
export const script = existsSync(filename)
  ? new Script(readFileSync(filename, 'latin1'), { filename, cachedData: readCache() })
  : undefined

function run() {
  const program = { exports: {} }
  script.runInThisContext()(program, createRequire(filename), import.meta)
  return program.exports
}

/**
 * What `src/cli/dispatch.ts` exports, for `dist/cli/main.js`.
 *
 * @public
 */
export const { dispatch } = script === undefined ? await import('../dist/cli/dispatch.js') : run()
