/* Calls of every command in all its modes, and faults that make a run send more than usual. The requests of these calls show everything
   that the program can send. */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Test } from 'tap'
import { main } from '../../src/cli/main.js'
import { ConnectionPool } from '../../src/client/pool/pool.js'
import { createScript } from '../../src/infer/create-script.js'
import { ledgerName } from '../../src/load/register/register.js'
import { deliverScript, lastSessionQuery } from '../../src/load/transport/script.js'
import { parseTarget } from '../../src/load/target/target.js'
import {
  requestedFaults,
  type FaultBefore,
  type Faults,
  type RequestInfo,
  type ServerOptions,
} from '../../src/server/index.js'
import { fakeProcess } from '../cli/run-cli.js'
import { inferText } from '../infer/inferring.js'
import { dfsScript, keepSent, openScene, type Scene } from './scene.js'

export interface Scenario {
  readonly name: string
  readonly play: (t: Test) => Promise<void>
}

const plain = (
  name: string,
  play: (here: Scene) => Promise<unknown>,
  faults?: () => Faults,
): Scenario => ({
  name,
  play: async t => {
    await play(await openScene(t, faults === undefined ? {} : { faults: faults() }))
  },
})

/** A scenario on a server of a different version, or with different settings. */
const elsewhere = (
  name: string,
  options: ServerOptions,
  play: (here: Scene) => Promise<unknown>,
): Scenario => ({
  name,
  play: async t => {
    await play(await openScene(t, options))
  },
})

/** A load into the stream table on a server with a fault. */
const faulty = (
  name: string,
  exitCode: number,
  before: () => (request: RequestInfo) => FaultBefore | undefined,
  ...argv: string[]
): Scenario =>
  plain(
    name,
    ({ load }) => load(exitCode, '-t', 'myStream', ...argv),
    () => ({ before: before() }),
  )

const onSecondBatch = (fault: FaultBefore) => () => {
  let batches = 0
  return ({ rows }: RequestInfo): FaultBefore | undefined =>
    rows > 0 && ++batches === 2 ? fault : undefined
}

/** Refuses requests that begin with one of these texts. */
const refusing =
  (...beginnings: string[]) =>
  () =>
  ({ text }: RequestInfo) =>
    beginnings.some(beginning => text.startsWith(beginning)) ? { error: 'not here' } : undefined

const dfs = ['-t', 'dfs://myDatabase/myTable']
const view = [
  ...'--function myView --function-arg 2 --types id:INT,sym:SYMBOL,price:DOUBLE'.split(' '),
]

const intoTables: readonly Scenario[] = [
  plain('load into each kind of table', async ({ load }) => {
    for (const target of [['-t', 'myStream'], ['-t', 'myKeyedStream'], dfs]) {
      for (const confirm of ['auto', 'none']) await load(0, ...target, '--confirm', confirm)
      await load(0, ...target, '--mode', 'sync')
    }
    for (const target of [['-t', 'myStream'], dfs]) {
      await load(0, ...target, '--method', 'append', '--confirm', 'none')
    }
  }),
  plain('load where hosts are named for other nodes', ({ load }) =>
    load(0, ...dfs, '--allow-redirect', 'localhost'),
  ),
  plain('load by upsert', async ({ load }) => {
    for (const target of [
      ['-t', 'myKeyed'],
      [...dfs, '--key-columns', 'id'],
    ]) {
      await load(0, ...target, '--method', 'upsert')
      await load(0, ...target, '--method', 'upsert', '--confirm', 'none')
      await load(0, ...target, '--method', 'upsert', '--mode', 'sync')
    }
  }),
  plain('load through a transform', async ({ load }) => {
    const transform = ['--transform', 'def(t){ return select * from t where price>0 }']
    for (const target of [['-t', 'myStream'], dfs]) {
      await load(0, ...target, ...transform)
      await load(0, ...target, ...transform, '--mode', 'sync')
    }
  }),
  plain('load through a view', async ({ load }) => {
    await load(0, ...view)
    await load(0, ...view, '--mode', 'sync')
    await load(0, ...view, '--confirm', 'none')
    await load(0, ...view, '--confirm-table', 'myStream')
    await load(0, '--function', 'myView', '--function-arg', '2', '--types', '@myStream')
  }),
  plain('load into a table that is not there', async ({ load }) => {
    await load(0, '-t', 'myNewStream', '--create', 'stream')
    await load(0, '-t', 'dfs://myNewDatabase/myTable', '--create', 'dfs')
    await load(65, '-t', 'dfs://myDatabase/myNewTable', '--create', 'dfs')
  }),
  plain('load into tables for other inputs', async ({ folder, load }) => {
    const inputs = [
      // A column of days, and texts by which rows can be sorted.
      'at,sym,price\n2020.01.02T09:30:00.032,A,1.5\n2020.01.03T09:30:00.032,A,2.5\n',
      // Tables partitioned by month and by year.
      'at,price\n2020.01.02,1.5\n2021.01.03,2.5\n',
      'at,price\n1990.01.02,1.5\n2021.01.03,2.5\n',
    ]
    for (const [i, input] of inputs.entries()) {
      await writeFile(join(folder, 'my.csv'), input)
      await load(0, '-t', `dfs://myDatabase${i}/myTable`, '--create', 'dfs')
    }
  }),
  plain('load into what nobody knows', async ({ load }) => {
    await load(78, '-t', 'myStreams')
    await load(78, '-t', 'dfs://myDatabase/myTables')
    await load(78, '--function', 'myViews', '--types', 'id:INT,sym:SYMBOL,price:DOUBLE')
  }),
]

const goingOn: readonly Scenario[] = [
  plain('load twice under one name', async ({ load }) => {
    await load(0, '-t', 'myStream', '--run-id', 'mySync', '--mode', 'sync')
    for (const target of [['-t', 'myStream'], dfs]) {
      const name = ['--run-id', `myRun${target.length}${target[1]!.length}`]
      await load(0, ...target, ...name)
      await load(0, ...target, ...name)
    }
  }),
  plain(
    'load stopped, and resumed',
    async ({ load, run }) => {
      await load(4, '-t', 'myStream', '--run-id', 'myRun', '--retries', '0')
      await run(0, 'resume', 'myRun')
    },
    () => ({ before: onSecondBatch({ error: 'not this time' })() }),
  ),
  plain('load rejected, and tried again', async ({ folder, run, load }) => {
    const rejects = join(folder, 'rejects.csv')
    await writeFile(join(folder, 'my.csv'), 'id,sym,price\n1,A,1.5\nx,B,2.5\n')
    await load(3, '-t', 'myStream', '--rejects', rejects)
    await writeFile(rejects, (await readFile(rejects, 'utf8')).replace('x,', '2,'))
    await run(0, 'retry', rejects)
  }),
]

/** Tables of each engine, and servers of each version. */
const engines: readonly Scenario[] = [
  plain('load by upsert into a table with a primary key', async ({ run, load }) => {
    const make = `db = database("dfs://myKeys", VALUE, 1..3, engine="PKEY")
db.createPartitionedTable(table(1:0, \`id\`sym\`price, [INT, SYMBOL, DOUBLE]), \`myTable, \`id, primaryKey=\`id)`
    await run(0, 'exec', '-e', make)
    for (const more of [[], ['--mode', 'sync'], ['--confirm', 'none']])
      await load(0, '-t', 'dfs://myKeys/myTable', '--method', 'upsert', ...more)
  }),
  elsewhere(
    'load into tables of a server before tableUpsert',
    { version: '1.30.22' },
    async ({ load }) => {
      for (const target of [
        ['-t', 'myKeyed', '--key-columns', 'id'],
        [...dfs, '--key-columns', 'id'],
      ]) {
        await load(0, ...target, '--method', 'upsert')
        await load(0, ...target, '--method', 'upsert', '--mode', 'sync')
      }
      await load(0, '-t', 'dfs://myNewDatabase/myTable', '--create', 'dfs')
    },
  ),
  elsewhere(
    'load into a persisted table',
    {
      settings: { persistenceDir: 'persisted' },
      initScript:
        'enableTableShareAndPersistence(streamTable(1:0, `id`sym`price, [INT, SYMBOL, DOUBLE]), "myPersisted")',
    },
    ({ load }) => load(0, '-t', 'myPersisted'),
  ),
  elsewhere(
    'load where stream tables are switched off',
    { settings: { maxPubConnections: 0 }, initScript: dfsScript },
    ({ load }) => load(0, ...dfs),
  ),
]

const broken: readonly Scenario[] = [
  faulty('load with a connection that ends', 0, onSecondBatch('close')),
  faulty(
    'load with a connection that ends, in sync mode',
    0,
    onSecondBatch('close'),
    '--mode',
    'sync',
  ),
  faulty('load with a session that is forgotten', 0, onSecondBatch('forget')),
  faulty('load with a batch that is lost', 0, onSecondBatch('drop')),
  faulty('load with no rights to receipts', 0, refusing('if(!defined(')),
  plain('load with a login by SCRAM', ({ folder, load }) =>
    load(0, '-t', 'myStream', '--user', 'myScramUser', '--password-file', join(folder, 'password')),
  ),
  faulty('load with a login without SCRAM', 0, refusing('scramClientFirst')),
  faulty(
    'load with a login by nothing better',
    0,
    refusing('scramClientFirst', 'getDynamicPublicKey'),
    '--insecure-login',
  ),
  plain('load by a user who was made for SCRAM', ({ server, load }) => {
    server.node.users.get('admin')!.hasScram = true
    return load(0, '-t', 'myStream')
  }),
]

const others: readonly Scenario[] = [
  plain(
    'load in the manner of official clients',
    async ({ load }) => {
      await load(0, '-t', 'myStream', '--insecure-login')
    },
    () => requestedFaults('mixedRefuse'),
  ),
  plain(
    'load at a server that refuses both kinds of requests on one session',
    ({ load }) => load(0, '-t', 'myStream'),
    () => requestedFaults('mixedIgnore'),
  ),
  plain('check: all targets', async ({ folder, run }) => {
    const input = join(folder, 'my.csv')
    for (const target of [['-t', 'myStream'], dfs, view]) await run(0, 'check', input, ...target)
    await run(78, 'check', input, '-t', 'myStreams')
    await run(0, 'check', input, '-t', 'myNewStream', '--create', 'stream')
    await run(0, 'check', input, '-t', 'dfs://myNewDatabase/myTable', '--create', 'dfs')
  }),
  plain('schema: of a file', async ({ folder, run }) => {
    await run(0, 'schema', join(folder, 'my.csv'), '--output', 'create')
  }),
  plain('exec: a script', async ({ run }) => {
    await run(0, 'exec', '-e', '1+1')
  }),
  plain('bench: both modes', async ({ run }) => {
    await run(0, 'bench', '--requests', '2', '--rows', '2')
  }),
  plain('selftest: all checks', async ({ run }) => {
    await run(0, 'selftest')
  }),
  plain(
    'runs --clean after a run that stopped',
    async ({ load, run }) => {
      await load(4, '-t', 'myStream', '--run-id', 'myRun', '--retries', '0')
      await run(0, 'runs', '--clean', 'myRun')
    },
    () => ({ before: onSecondBatch({ error: 'not this time' })() }),
  ),
  {
    name: 'a pool that is spread over the nodes',
    play: async t => {
      const { server } = await openScene(t)
      const pool = await ConnectionPool.connect({
        host: server.host,
        port: server.port,
        user: 'admin',
        password: '123456',
        size: 1,
        loadBalance: true,
      })
      await pool.shutDown()
      keepSent('ConnectionPool')
    },
  },
]

/** Scripts for servers or inputs that no scenario has, in the form in which the program would create them. */
export async function unsentScripts(): Promise<
  readonly { readonly sender: string; readonly script: string; readonly why: string }[]
> {
  const large = { ...(await inferText('at,sym\n2020.01.02,A\n')), estimatedRows: 10 ** 10 }
  return [
    {
      sender: 'load',
      script: deliverScript(
        { name: 'myLedger', countsDuplicates: true },
        parseTarget({ table: 'myStream' }),
      ),
      why: 'the server counts a row as inserted even if the table already contains its key; the embedded server follows the manual, and does not count such a row',
    },
    {
      sender: 'load',
      script: createScript(large, { kind: 'dfs', database: 'dfs://myDatabase', table: 'myTable' }),
      why: 'the rows of one day take many gigabytes',
    },
    {
      sender: 'load',
      script: lastSessionQuery(ledgerName(1n, 1)),
      why: 'the lock of the run was removed',
    },
  ]
}

/** Play this before the clock of turns starts, because the demo runs on a server of its own. */
export const demo: Scenario = {
  name: 'demo',
  play: async t => {
    const fake = fakeProcess()
    t.equal(await main(['demo'], fake.processEnvironment), 0, fake.stderr())
    keepSent('demo')
  },
}

export const scenarios: readonly Scenario[] = [
  ...intoTables,
  ...engines,
  ...goingOn,
  ...broken,
  ...others,
]
