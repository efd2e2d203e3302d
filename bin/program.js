/*
  The command line. In a checkout it is one script. The build saves the code that V8 compiles from this script, so that
  a start need not compile it again (docs/decisions/0013-the-program-is-bundled.md). Another version of V8 rejects the saved
  code and compiles the script. In a package the command line consists of pieces that it shares with the library.

  CommonJS, because Node takes 5 ms longer to start with a module.
*/
const { existsSync, readFileSync } = require('node:fs')
const { createRequire } = require('node:module')
const { join } = require('node:path')
const { pathToFileURL } = require('node:url')
const { Script } = require('node:vm')

const filename = join(__dirname, '..', 'dist', 'script', 'main.js')
const cachePath = join(__dirname, '..', 'dist', 'script', 'main.cache')

function readCache() {
  try {
    return readFileSync(cachePath)
  } catch {
    return undefined
  }
}

/** Undefined in a package. */
const script = existsSync(filename)
  ? new Script(readFileSync(filename, 'latin1'), { filename, cachedData: readCache() })
  : undefined

/** Modules of Node that few commands use. Loading them takes some milliseconds. */
const seldomUsed = [
  'node:child_process',
  'node:readline',
  'readline',
  'node:stream/consumers',
  'node:zlib',
]

/** What `src/cli/main.ts` exports; nothing in a package. */
function run() {
  if (script === undefined) return {}
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
  const loadModule = name => (seldomUsed.includes(name) ? loadLater(name) : load(name))
  const importMeta = {
    url: pathToFileURL(filename).href,
    resolve: name => pathToFileURL(load.resolve(name)).href,
  }
  script.runInThisContext()(program, loadModule, importMeta)
  return program.exports
}

const { main } = run()

module.exports = { cachePath, main, script }
