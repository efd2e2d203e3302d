/* Checks the layout that docs/architecture.md describes: which room (folder of src/) may import which, and where the code may use the
   platform and packages. */
import { posix } from 'node:path'
import t from 'tap'
import {
  importCircles,
  type Module,
  packageOf,
  parseModule,
  readModules,
  roomOf,
} from './helpers/modules.js'
import { dataTypes } from '../src/protocol/data-type.js'

const words = (text: string): string[] => text.split(' ')

/** Room of src/ → rooms that it may import besides itself. A file directly in src/ is a room of its own name. */
const allowed: Record<string, readonly string[]> = {
  errors: [],
  version: [],
  platform: ['errors'],
  wire: ['errors'],
  protocol: ['wire', 'errors'],
  'known-fields': ['schema', 'errors'],
  client: ['known-fields', 'protocol', 'wire', 'platform', 'errors'],
  server: ['protocol', 'wire', 'platform', 'errors'],
  source: ['platform', 'errors'],
  kernel: ['protocol'],
  schema: ['protocol', 'errors'],
  parse: ['kernel', 'schema', 'protocol', 'source', 'platform', 'errors'],
  infer: ['parse', 'schema', 'source', 'protocol', 'platform', 'errors'],
  load: words('infer parse schema source client protocol platform known-fields errors version'),
  selftest: ['load', 'infer', 'schema', 'client', 'protocol', 'wire', 'platform', 'errors'],
  index: ['load', 'client', 'protocol', 'errors'],
  cli: words(
    'client errors index infer kernel load parse platform protocol schema selftest server source version wire',
  ),
}

/** The first room may import only types from the second room, so it never runs code of the second room. */
const typesOnly = new Set(['parse -> source'])

/** Package or platform module → the room or file that may import it. */
const addresses: Record<string, readonly string[]> = {
  'node:net': ['platform'],
  'node:tls': ['platform'],
  'csv-parse': ['parse'],
  'cli-progress': ['cli'],
  commander: ['cli'],
  'get-east-asian-width': ['cli'],
  ws: ['server'],
  yauzl: ['source'],
  zstddec: ['source'],
}

/**
 * Room of src/server/ → rooms whose code it may run; script/ has rooms of its own. Types may come from any room,
 * because a value may be a table and a table contains values. None may run index.ts.
 */
const allowedInServer: Record<string, readonly string[]> = {
  'script-error': [],
  columns: ['script-error'],
  values: ['columns', 'script-error'],
  node: ['values'],
  tables: ['node', 'values', 'columns', 'script-error'],
  operators: ['values', 'columns', 'script-error'],
  elements: ['tables', 'operators', 'values', 'columns', 'script-error'],
  login: ['script-error'],
  functions: words('login node elements tables operators values columns script-error'),
  'script/parse': ['operators', 'values', 'script-error'],
  'script/sql': words(
    'script/evaluate script/parse tables node operators values columns script-error',
  ),
  'script/evaluate': words('script/sql script/parse elements tables operators values script-error'),
  'script/session': words(
    'script/evaluate script/parse functions elements node values script-error',
  ),
  net: ['login', 'values', 'script-error'],
  replay: ['net', 'script-error'],
  index: ['replay', 'net', 'login', 'node', 'script/session'],
}

/** Files that call each other, because expressions contain expressions and functions contain statements. */
const recursive: Record<string, readonly string[]> = {
  'server/script/evaluate/': words('call evaluate execute ../sql/sql-scope ../sql/sql-select'),
}

const isAt = (module: Module, places: readonly string[]): boolean =>
  places.includes(module.room) || places.includes(module.path)

const imports = (module: Module, name: string): boolean =>
  module.imports.some(({ specifier }) => packageOf(specifier) === name)

const isFamily = (path: string): boolean => /^parse\/types\/[a-z0-9-]+-types\.ts$/.test(path)

const paths = (modules: readonly Module[]): string[] => modules.map(module => module.path)

const modules = await readModules()

/** Breaches of the import table in a module, as sentences. */
function breaches(module: Module): string[] {
  return module.imports.flatMap(({ specifier, typeOnly }) => {
    const room = roomOf(module, specifier)
    if (room === undefined || room === module.room) return []
    const way = `${module.room} -> ${room}`
    if (!(allowed[module.room] ?? []).includes(room)) return [`${module.path} imports ${specifier}`]
    if (typesOnly.has(way) && !typeOnly) return [`${module.path} runs code of ${specifier}`]
    return []
  })
}

t.test('every import follows the table of rooms', async t => {
  t.ok(modules.length > 10, 'the modules of src/ are found')
  const homeless = modules.filter(module => allowed[module.room] === undefined)
  t.strictSame(paths(homeless), [], 'every module is in a room of the table')
  t.strictSame(modules.flatMap(breaches), [])
})

/** The room in src/server/ of a path relative to src/; undefined for other paths. */
function serverRoomOf(path: string): string | undefined {
  const [server, room = '', inner] = path.replace(/\.[jt]s$/, '').split('/')
  if (server !== 'server') return undefined
  return room === 'script' ? `script/${inner}` : room
}

/** Breaches of the order of the server's rooms in a module, as sentences. */
function serverBreaches({ path, imports }: Module): string[] {
  const from = serverRoomOf(path)
  return imports.flatMap(({ specifier, typeOnly }) => {
    const to = serverRoomOf(posix.join(posix.dirname(path), specifier))
    if (from === undefined || to === undefined || to === from || typeOnly) return []
    return allowedInServer[from]?.includes(to) ? [] : [`${path} runs ${specifier}`]
  })
}

t.test("the rooms of the server run each other's code in one order only", async t => {
  const rooms = new Set(modules.map(({ path }) => serverRoomOf(path)))
  rooms.delete(undefined)
  const ordered = Object.keys(allowedInServer).sort()
  t.strictSame([...rooms].sort(), ordered, 'every room has a place in the order')
  t.strictSame(modules.flatMap(serverBreaches), [])
  const table = parseModule('server/tables/a.ts', "import { b } from '../script/parse/b.js'")
  t.strictSame(serverBreaches(table), ['server/tables/a.ts runs ../script/parse/b.js'])
  const type = parseModule('server/values/a.ts', "import type { B } from '../tables/b.js'")
  t.strictSame(serverBreaches(type), [], 'types lead both ways')
})

t.test('imports form no circle if imports of types are ignored', async t => {
  const expected = Object.entries(recursive).map(([room, names]) =>
    names.map(name => posix.join(room, `${name}.ts`)).sort(),
  )
  t.strictSame(
    importCircles(modules),
    expected.sort((a, b) => (a[0]! < b[0]! ? -1 : 1)),
    'except the parser and the evaluator of scripts',
  )
})

/** Rooms without a circle of imports, even if imports of types count. */
const withoutCircles = words('cli infer load parse platform schema selftest source wire')

t.test('imports form no circle in these rooms, including types', async t => {
  for (const room of withoutCircles) {
    const own = modules.filter(module => module.room === room)
    t.ok(own.length > 0, room)
    t.strictSame(importCircles(own, true), [], room)
  }
})

t.test('a circle of imports is found, and distinguished from a circle of types', async t => {
  const circle = [
    parseModule('wire/a.ts', "import { b } from './b.js'"),
    parseModule('wire/b.ts', "export { c } from '../parse/c.js'"),
    parseModule('parse/c.ts', "import { a } from '../wire/a.js'\nimport { d } from './d.js'"),
    parseModule('parse/d.ts', "import type { C } from './c.js'"),
    parseModule('parse/e.ts', "import { e } from './e.js'"),
  ]
  t.strictSame(importCircles(circle), [['parse/c.ts', 'wire/a.ts', 'wire/b.ts'], ['parse/e.ts']])
  const types = [
    parseModule('wire/a.ts', "import { b } from './b.js'"),
    parseModule('wire/b.ts', "import type { A } from './a.js'"),
  ]
  t.strictSame(importCircles(types), [])
  t.strictSame(importCircles(types, true), [['wire/a.ts', 'wire/b.ts']])
})

t.test('wire/ names a data type in one file', async t => {
  const named = modules.filter(({ path }) => path.startsWith('protocol/'))
  for (const name of Object.keys(dataTypes)) {
    const places = named.filter(({ strings }) => strings.has(name)).map(({ path }) => path)
    t.ok(
      places.length <= 1 && places.every(path => path.startsWith('protocol/types/')),
      `${name} is in ${places.join(', ')}`,
    )
  }
})

t.test('each platform module and each package is used in one place', async t => {
  for (const [name, places] of Object.entries(addresses)) {
    const strangers = modules.filter(module => imports(module, name) && !isAt(module, places))
    t.strictSame(paths(strangers), [], `${name} is imported in ${places.join(', ')} only`)
  }
})

t.test('time, randomness and files come from the platform', async t => {
  const inner = modules.filter(module => !['platform', 'cli', 'version'].includes(module.room))
  const machine =
    /\b(setTimeout|setInterval|setImmediate|performance\.now|Date\.now|new Date\(\)|Math\.random|getRandomValues|randomUUID)\b/
  t.strictSame(paths(inner.filter(module => machine.test(module.text))), [])
  const readers = inner.filter(module =>
    module.imports.some(({ specifier }) => /^node:(fs|timers)/.test(specifier)),
  )
  t.strictSame(paths(readers), [])
})

t.test('every package that src/ imports has a place', async t => {
  const strangers = modules.flatMap(module =>
    module.imports
      .filter(({ specifier }) => !specifier.startsWith('.') && !specifier.startsWith('node:'))
      .filter(({ specifier }) => addresses[packageOf(specifier)] === undefined)
      .map(({ specifier }) => `${module.path} imports ${specifier}`),
  )
  t.strictSame(strangers, [])
})

/** Files outside the command line that use `process`. A lock contains the number of the process that holds it. */
const processFiles = ['platform/file-lock.ts', 'platform/system-tls.ts']

t.test(
  'only the command line uses process and console; only a lock and TLS use the process',
  async t => {
    const inner = modules.filter(module => module.room !== 'cli')
    const users = inner.filter(
      module =>
        ['process', 'console'].some(name => module.globals.has(name)) ||
        module.imports.some(({ specifier }) => /^node:(process|console)$/.test(specifier)),
    )
    t.strictSame(paths(users), processFiles)
  },
)

t.test('the text of a type is defined in one file', async t => {
  const places = Object.keys(dataTypes).map((name): [string, string[]] => [
    name,
    paths(modules.filter(module => module.room === 'parse' && module.words.has(name))),
  ])
  const spread = places.filter(([, files]) => files.length > 1)
  t.strictSame(spread, [], 'no two files of parse/ name one type')
  const strangers = places.flatMap(([, files]) => files).filter(path => !isFamily(path))
  t.strictSame(strangers, [], 'types are named in the files of their families only')
  t.ok(places.filter(([, files]) => files.length === 1).length > 20, 'the types are found')
})

t.test('modules have named exports and readable imports', async t => {
  t.strictSame(paths(modules.filter(module => module.hasDefaultExport)), [], 'no default exports')
  const unreadable = modules.flatMap(module =>
    module.imports
      .filter(({ specifier }) => /^\.(?!.*\.js$)|^\(computed\)$/.test(specifier))
      .map(({ specifier }) => `${module.path} imports ${specifier}`),
  )
  t.strictSame(unreadable, [], 'imports name a file that ends in .js')
})

t.test('files state their purpose, are short and contain no open tasks', async t => {
  const silent = modules.filter(module => !/^\/\*(?:\n {2}| )\S/.test(module.text))
  t.strictSame(paths(silent), [], 'every file opens with its purpose')
  const long = modules.filter(module => module.lineCount > 450)
  t.strictSame(paths(long), [], 'no file has more than 450 lines')
  const unfinished = modules.filter(module => /\b(TODO|FIXME|XXX|HACK)\b/.test(module.text))
  t.strictSame(paths(unfinished), [], 'there are no open tasks')
})

t.test('the parser of modules finds every form of import, but none in texts', async t => {
  const lines = [
    "import { connect } from 'node:net'",
    "import type { Batch } from '../load/batch.js'",
    "export * from '../server/index.js'",
    "type Late = import('../cli/main.js').Main",
    "const late = await import('../wire/reader.js')",
    "const computed = await import('../' + name)",
    'const text = "import y from \'../client/pool.js\'"',
  ]
  const module = parseModule('parse/example.ts', lines.join('\n'))
  t.strictSame(
    module.imports.map(({ specifier, typeOnly }) => `${specifier} ${typeOnly}`),
    [
      ...['node:net false', '../load/batch.js true', '../server/index.js false'],
      ...['../cli/main.js true', '../wire/reader.js false', '(computed) false'],
    ],
  )
})

t.test('the checks distinguish a room that only uses types from a room that runs code', async t => {
  const types = parseModule('parse/a.ts', "import type { ByteSource } from '../source/source.js'")
  const code = parseModule('parse/b.ts', "import { openSource } from '../source/source.js'")
  t.strictSame(breaches(types), [])
  t.strictSame(breaches(code), ['parse/b.ts runs code of ../source/source.js'])
})
