import { readdirSync, readFileSync } from 'node:fs'
import t from 'tap'
import { builtins } from '../../../src/server/functions/registry.js'
import { operatorNames } from '../../../src/server/operators/operator-names.js'
import { callContext } from '../../helpers/call-context.js'

/** The files of a folder of the checkout, as one text. */
function textOf(folder: string, ending: RegExp): string {
  const names = readdirSync(folder).filter(
    name => ending.test(name) && name !== 'embedded-server.md',
  )
  return names.map(name => readFileSync(`${folder}/${name}`, 'utf8')).join('\n')
}

/** Where a built-in is called: what the loader sends (docs/statements.md), documents, examples, and tests of both ends. */
const callers = [
  textOf('docs', /\.md$/),
  textOf('.', /^README\.md$/),
  textOf('examples', /\.js$/),
  textOf('fixtures/scripts', /\.dos$/),
  textOf('test/oracle', /\.ts$/),
  textOf('test/selftest', /\.ts$/),
  textOf('test/end-to-end', /\.ts$/),
].join('\n')

/** Who needs those that none of these call (docs/decisions/0011-the-embedded-server-is-a-stand-in.md). */
const otherwise: Readonly<Record<string, string>> = {
  'types by name, of which the language is made': 'bool char minute month nanotime nanotimestamp datetime second short timestamp duration',
  'words of the language besides operators': 'between distinct in isNull isValid like neg',
  // docs/protocol.md#what-clients-call
  'official clients and the web interface call them by themselves': `defs exists getClusterPerf getConnections
    getDFSDatabases getDataNodeConfig getRequiredAPIVersion getStreamingSQLStatus getStreamingStat isClientAuth
    isNodeInitialized license logout partial pnodeRun unifiedCall`,
  'tests of official clients make, fill and check tables with them': `addAccessControl addValuePartitions avg
    clearTablePersistence columns createDimensionTable createTable deleteUser deny dropDB enableTableShareAndCachePurge
    enableTableShareAndPersistence indexedTable loop push! rand rename! setStreamTableFilterColumn sort! stopPublishTable
    truncate`,
  'scripts that set up a server in CI': `cut cutPoints datetimeParse extractTextSchema fromStdJson getJobMessage
    getJobReturn getRecentJobs lj loadTextEx ploadText temporalFormat temporalParse today`,
} // prettier-ignore

t.test('every function that is built in is needed by somebody', async t => {
  const operators = Object.values(operatorNames) as readonly string[]
  const listed = Object.values(otherwise).flatMap(names => names.split(/\s+/))
  const isCalled = (name: string): boolean =>
    new RegExp(`(?<![\\w$!])${name}[({]`).test(callers) || operators.includes(name)
  const names = [...builtins.keys()]
  t.strictSame(
    names.filter(name => !isCalled(name) && !listed.includes(name)),
    [],
    'called by nobody: it goes, or `otherwise` says who needs it',
  )
  t.strictSame(
    listed.filter(name => !builtins.has(name) || isCalled(name)),
    [],
    'gone, or called by now: the list need not have it',
  )
})

t.test('every name stands for the function of that name', async t => {
  for (const [name, builtin] of builtins) t.equal(builtin.name, name)
  t.equal(builtins.get('tableinsert'), undefined, 'capitals count')
  t.match(callContext().findFunction('sum'), { builtin: builtins.get('sum') }, 'sessions look here')
})

t.test('what a function may be given is what its parameters say', async t => {
  for (const { name, parameters, minArguments, maxArguments } of builtins.values()) {
    const hasRest = parameters.at(-1)?.startsWith('...') === true
    t.ok(minArguments <= maxArguments, name)
    t.equal(maxArguments, hasRest ? Infinity : parameters.length, name)
    t.equal(new Set(parameters).size, parameters.length, name)
  }
})

t.test('functions that change their first argument are told from those that do not', async t => {
  const changing = [...builtins.values()].filter(({ mutatesFirst }) => mutatesFirst === true)
  for (const { name } of changing) t.match(name, /!$|^(tableInsert|tableUpsert|delete)/, name)
  for (const name of ['append!', 'tableInsert', 'upsert!', 'replaceColumn!', 'rename!']) {
    t.equal(builtins.get(name)?.mutatesFirst, true, name)
  }
})
