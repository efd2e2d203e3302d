/*
  The command line and the library, as one script. The build saves the code that V8 compiles from this script, so that a start need not compile it again; a
  package, or another version of Node, saves it after its first short load (docs/decisions/0013-the-program-is-bundled.md).

  CommonJS, because Node takes 5 ms longer to start with a module.
*/
const { readFileSync, renameSync, rmSync, writeFileSync } = require('node:fs')
const { createRequire } = require('node:module')
const { join } = require('node:path')
const { pathToFileURL } = require('node:url')
const { Script } = require('node:vm')

const folder = join(__dirname, '..', 'dist', 'script')
const filename = join(folder, 'main.js')
const text = readFileSync(filename, 'latin1')
/** V8 compares only the length of the script, which ends with a fingerprint. */
const cachePath = join(folder, `${text.slice(-8)}-${process.version}-${process.arch}.cache`)

function readCache() {
  try {
    return readFileSync(cachePath)
  } catch {
    return undefined
  }
}

const script = new Script(text, { filename, cachedData: readCache() })

/** Modules of Node that few commands use. Loading them takes some milliseconds. */
const seldomUsed = [
  'node:child_process',
  'node:readline',
  'readline',
  'node:stream/consumers',
  'node:zlib',
]

/** What the build has put together (scripts/build.js). */
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
  const loadModule = name => (seldomUsed.includes(name) ? loadLater(name) : load(name))
  const importMeta = {
    url: pathToFileURL(filename).href,
    resolve: name => pathToFileURL(load.resolve(name)).href,
  }
  script.runInThisContext()(program, loadModule, importMeta)
  return program.exports
}

const { entries, main } = run()

/** Saves the code of all functions that have run. Does nothing where this user cannot write. No other user may change the code. */
function keepCompiled() {
  const draft = `${cachePath}.${process.pid}`
  // Restores the flags of the program's start, because V8 accepts compiled code only with the flags that produced it.
  require('node:v8').setFlagsFromString('--semi-space-growth-factor=2 --parallel-scavenge')
  try {
    writeFileSync(draft, '', { flag: 'wx', mode: 0o644 })
    // V8 does not notice pages of zeros, which a power cut may leave, and crashes.
    writeFileSync(draft, script.createCachedData(), { flush: true })
    renameSync(draft, cachePath)
  } catch {
    rmSync(draft, { force: true })
  }
}

module.exports = { cachePath, entries, keepCompiled, main, script }
