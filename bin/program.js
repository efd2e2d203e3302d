/*
  The command line. In a checkout it is one script. The build saves the code that V8 compiles from this script, so that
  a start need not compile it again (docs/decisions/0013-the-program-is-bundled.md). Another version of V8 rejects the saved
  code and compiles the script. In a package the command line consists of pieces that it shares with the library.
*/
import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { Script } from 'node:vm'

const filename = fileURLToPath(new URL('../dist/script/dispatch.js', import.meta.url))

export const cachePath = fileURLToPath(new URL('../dist/script/dispatch.cache', import.meta.url))

function readCache() {
  try {
    return readFileSync(cachePath)
  } catch {
    return undefined
  }
}

/** Undefined in a package. */
export const script = existsSync(filename)
  ? new Script(readFileSync(filename, 'latin1'), { filename, cachedData: readCache() })
  : undefined

/** Modules of Node that few commands use. Loading them takes some milliseconds. */
const seldomUsed = ['node:child_process', 'node:readline', 'readline', 'node:zlib']

function run() {
  const program = { exports: {} }
  const load = createRequire(filename)
  const loadLater = name =>
    new Proxy(
      {},
      {
        get: (_, member) => load(name)[member],
        // For `import * as`, which copies the members and so loads the module at once.
        ownKeys: () => Reflect.ownKeys(load(name)),
        getOwnPropertyDescriptor: () => ({ enumerable: true, configurable: true }),
      },
    )
  const require = name => (seldomUsed.includes(name) ? loadLater(name) : load(name))
  script.runInThisContext()(program, require, import.meta)
  return program.exports
}

/**
 * What `src/cli/dispatch.ts` exports, for `dist/cli/main.js`.
 *
 * @public
 */
export const { dispatch } = script === undefined ? await import('../dist/cli/dispatch.js') : run()
