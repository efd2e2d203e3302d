/*
  Checks behaviour that documentation leaves open and that may differ between servers. Each check reports a finding.
*/
import { schemaFromServer } from '../../schema/server-schema.js'
import { columnTypeText } from '../../protocol/data-type.js'
import { formatValue } from '../../protocol/value-text.js'
import {
  answerText,
  columnOf,
  elementsOf,
  numberOf,
  refusalText,
  tableOf,
  textsOf,
  Unavailable,
} from '../answers.js'
import { expectText, fail, pass, type Check } from '../check.js'
import type { CheckContext } from '../context.js'
import { batch, batchColumns } from './batches.js'

const oneColumn = (first: number): string => `table([${first}] as v)`

async function valueIn({ ask }: CheckContext, table: string): Promise<string> {
  return ask(`exec first(v) from objByName("${table}")`).then(
    answer => String(numberOf(answer)),
    (error: unknown) => refusalText(error),
  )
}

/** Shares a second table under the name of a shared table. */
async function sharedAgain(
  context: CheckContext,
  name: string,
  again: Promise<unknown>,
): Promise<string> {
  const refused = await again.then(() => undefined, refusalText)
  const value = await valueIn(context, name)
  if (refused !== undefined)
    return `${refused}; the first table ${value === '1' ? 'stays' : 'is gone'}`
  return value === '2'
    ? 'the new table replaces the old one'
    : 'the old table stays, without an error'
}

/** Kinds of tables. Rights and settings determine which kinds a user may share. Receipts use the last kind. */
const shareable = {
  table: 'table(1:0, `k`v, [INT, INT])',
  keyedTable: 'keyedTable(`k, 1:0, `k`v, [INT, INT])',
  streamTable: 'streamTable(1:0, `k`v, [INT, INT])',
  keyedStreamTable: 'keyedStreamTable(`k, 1:0, `k`v, [INT, INT])',
} as const
const sharingSettings = ['enableSharedVarCreationControl', 'maxPubConnections']

/** Functions that a run uses only if the server has them. */
const optionalFunctions = [
  'getSessionMemoryStat()',
  'getConsoleJobs()',
  'getFunctionViews()',
  'getClusterDFSDatabases()',
  'getStreamTables()',
]

export const openQuestionChecks: readonly Check[] = [
  {
    name: 'open: sharing a name again in one session',
    does: 'shares two tables under one name and looks which one remains',
    dependsOnIt: 'nothing: names are random, and a marker is looked at twice',
    async run(context) {
      const name = await context.share('again', oneColumn(1))
      const again = context.ask(`share(${oneColumn(2)}, "${name}")`)
      return pass(await sharedAgain(context, name, again))
    },
  },
  {
    name: 'open: R6, sharing a name again from another session',
    does: 'shares two tables under one name from two sessions and looks which one remains',
    dependsOnIt: 'nothing: names are random, and a marker is looked at twice',
    async run(context) {
      const name = await context.share('again', oneColumn(1))
      const session = await context.open()
      const again = context.ask(`share(${oneColumn(2)}, "${name}")`, session)
      return pass(await sharedAgain(context, name, again))
    },
  },
  {
    name: 'open: one table under two names',
    does: 'shares a stream table a second time under another name',
    dependsOnIt: 'nothing: no run does it',
    async run(context) {
      const first = await context.share('first', 'streamTable([1] as v)')
      const second = context.tableName('second')
      const refused = await context
        .ask(`share(objByName("${first}"), "${second}")`)
        .then(() => undefined, refusalText)
      return pass(refused ?? 'it has both names')
    },
  },
  {
    name: 'open: R7, a bare name in a function',
    does: 'defines a function that names a table, replaces the table, and looks where a row goes',
    dependsOnIt: 'nothing: functions of receipts look their tables up when they run',
    async run({ share, ask, call, open }) {
      const name = await share('bare', `table(${batchColumns})`)
      const session = await open()
      await ask(
        `def ddbIngestTestBare(mutable data) { return tableInsert(${name}, data) }`,
        session,
      )
      await ask(`undef("${name}", SHARED)`)
      await ask(`share(table(${batchColumns}), "${name}")`)
      const refused = await call('ddbIngestTestBare', [batch(0, 1)], session).then(
        () => undefined,
        refusalText,
      )
      const rows = numberOf(await ask(`exec count(*) from objByName("${name}")`))
      if (refused !== undefined) return pass(refused)
      return pass(
        rows === 1 ? 'the row goes into the new table' : 'the row goes into the old table',
      )
    },
  },
  {
    name: 'open: share under the settings of this server',
    does: `shares a table of each kind, and reads ${sharingSettings.join(' and ')}`,
    dependsOnIt: 'receipts: a user who may not share stream tables has none',
    async run({ ask, tableName }) {
      const words: string[] = []
      let sharesStreams = true
      for (const [kind, script] of Object.entries(shareable)) {
        const shared = await ask(`share(${script}, "${tableName(kind)}")`).then(
          () => 'shared',
          refusalText,
        )
        words.push(`${kind}: ${shared}`)
        if (kind.endsWith('treamTable') && shared !== 'shared') sharesStreams = false
      }
      for (const setting of sharingSettings) {
        const value = await ask(`getConfig("${setting}")`).then(answerText, refusalText)
        words.push(`${setting}: ${value}`)
      }
      return pass(words.join('; '), { sharesStreams })
    },
  },
  {
    name: 'open: sessions of other users',
    does: 'looks for the session of another user, or of a guest, in getSessionMemoryStat()',
    dependsOnIt:
      'naming tables that killed runs have left: runs of other users may still be working',
    async run({ ask, open, openSecond, second, server }) {
      if (second === undefined && server.user === undefined) {
        throw new Unavailable('no other user was given')
      }
      const other = second === undefined ? await open({ asGuest: true }) : await openSecond()
      const ids = await ask('exec sessionId from getSessionMemoryStat()').then(
        answer => elementsOf(answer).map(formatValue),
        refusalText,
      )
      if (typeof ids === 'string') return pass(ids, { seesSessions: false })
      const seesSessions = ids.includes(other.id)
      return pass(seesSessions ? 'this user sees them' : 'this user does not see them', {
        seesSessions,
      })
    },
  },
  {
    name: 'open: defined tells of shared tables',
    does: 'asks defined(name, SHARED) before and after a table is shared',
    dependsOnIt: 'marker and ledger of a run',
    async run({ tableName, ask }) {
      const name = tableName('defined')
      const script = `defined("${name}", SHARED)`
      const answers = [numberOf(await ask(script))]
      await ask(`share(${oneColumn(1)}, "${name}")`)
      answers.push(numberOf(await ask(script)))
      return expectText('it answers', answers.join(), '0,1')
    },
  },
  {
    name: 'open: objs(true) lists shared tables',
    does: 'shares a table and looks for it in the list',
    dependsOnIt: 'similar names for a wrong --table, and naming what killed runs have left',
    async run({ share, ask }) {
      const name = await share('listed', oneColumn(1))
      const objects = tableOf(await ask('select * from objs(true) where shared=true'))
      const found = textsOf(columnOf(objects, 'name')).includes(name)
      return found ? pass(objects.columnNames.join(', ')) : fail('it is not in the list')
    },
  },
  {
    name: 'open: schema() tells the columns',
    does: 'reads schema() of a shared table with a decimal and an array column',
    dependsOnIt: 'load --table: the columns come from there',
    async run({ share, ask }) {
      const name = await share(
        'schema',
        'table(1:0, `a`b`c`d, [INT, SYMBOL, DECIMAL64(4), DOUBLE[]])',
      )
      const schema = await ask(`schema(${name})`)
      if (schema === undefined) return fail('there is no answer')
      const { columns } = schemaFromServer(schema)
      const text = columns.map(({ name, type }) => `${name} ${columnTypeText(type)}`).join(', ')
      return expectText('the columns', text, 'a INT, b SYMBOL, c DECIMAL64(4), d DOUBLE[]')
    },
  },
  {
    name: 'open: the form of an undefined symbol',
    does: 'reads the error of a variable that is not defined',
    dependsOnIt: 'ending with 78 if a name is wrong',
    async run({ ask }) {
      const words = await ask('ddbIngestTestUndefined').then(() => undefined, refusalText)
      return words === undefined ? fail('it is accepted') : pass(words)
    },
  },
  {
    name: 'open: newValuePartitionPolicy',
    does: 'reads the policy with getConfig',
    dependsOnIt: 'rows outside a VALUE scheme: added, dropped or refused',
    needs: 'getConfig',
    async run({ prepare }) {
      return pass(answerText(await prepare('getConfig("newValuePartitionPolicy")')))
    },
  },
  ...optionalFunctions.map((script): Check => ({
    name: `open: ${script}`,
    does: `calls ${script}`,
    dependsOnIt: 'what a run says if something went wrong',
    needs: script.replace('()', ''),
    async run({ prepare }) {
      const answer = await prepare(script)
      if (answer?.form === 'table') return pass(answer.columnNames.join(', '))
      return pass(`${elementsOf(answer).length} values`)
    },
  })),
]
