/* Makes the server answer as the one of a report of `selftest` did (`serve --as`): errors, counts, rights, asynchronous requests. */
import { UsageError } from '../errors.js'
import { formatElement, vectorOf } from '../protocol/element.js'
import type { Column, Value } from '../protocol/value.js'
import { fullText, requestedFaults } from './net/faults.js'
import type { Outcome, RunRequest } from './net/request-runner.js'
import type { ServerOptions } from './index.js'
import { ScriptError } from './script-error.js'

const token = 'Syntax Error: [line #«1»] Cannot recognize the token «ddbIngestTestMissing»'
const known = "Can't recognize function name «ddbIngestTestMissing»"
const object = "Can't find the object with name «ddbIngestTestMissing»"
const value = 'Incompatible type. Expected: «DOUBLE», Actual: «STRING»'
const insert = `Failed to append data to column '«price»' with error: ${value}`
const width =
  'The number of columns of the table to insert must be the same as that of the original table.'
const column =
  'The column [«v»] expects type of «INT», but the actual type is «STRING». RefId:S05004'
const nullKey = 'The column used for value-partitioning cannot contain NULL values. RefId: S01001'
const unknown = ': not in the embedded server'
const any = /(?:)/

/** A check, our words, the requests meant, where the other server's words are. In «»: patterns of what was asked. The first row counts. */
type Wording = readonly [check: string, own: string, asks?: RegExp, found?: RegExp]
const wordings: readonly Wording[] = [
  ['refusals: an unknown function in a call', known + unknown],
  ['refusals: an unknown function', token + unknown],
  ['refusals: an unknown table in a query', token, /^\s*(select|exec)\b/],
  ['refusals: an unknown table in a call', token, /^\w+!?\{/],
  ['refusals: an unknown variable', token],
  ['refusals: an unknown name in objByName', `objByName("«ddbIngestTestMissing»") => ${object}`],
  ['refusals: catch gives class and text', object, any, /: (.*)/],
  ['refusals: too few columns', width],
  ['refusals: R10, a refused insert into a stream table leaves nothing', `${insert}. RefId:S03017`],
  ['refusals: R10, a refused insert into a table leaves nothing', insert],
  ['dfs: R10, a refused insert leaves nothing', column],
  ['dfs: a null in the partition column', nullKey],
]

/** Requests that the server refuses because the user of the report lacked the right, or the server the function. */
const refusable: readonly (readonly [check: string, asks: RegExp])[] = [
  ['insert: an empty table', /\bshare\b/],
  ['function view: R2, delivered with receipts', /\baddFunctionView\(/],
  ['dfs: tableInsert', /\bdatabase\(.*\b(VALUE|RANGE|HASH|LIST|COMPO)\b/],
  [
    'jobs: a request under way is listed with its session, a session at rest is not',
    /\bgetConsoleJobs\(/,
  ],
  ['receipts: a server tells who is connected', /\bgetSessionMemoryStat\(/],
]

const counts = /^\s*exec count\(\*\) from /
const outside = 'dfs: rows outside the partition scheme'
const mixed = 'asynchronous: mixed-flags on one session'

/** A finding, and the options of a server that behaves so. */
const settings: readonly (readonly [check: string, finding: RegExp, options: ServerOptions])[] = [
  [outside, /^the row is dropped/, { newValuePartitions: 'skip' }],
  [outside, /^refused/, { newValuePartitions: 'fail' }],
  [outside, /^a partition is added/, { newValuePartitions: 'add' }],
  [mixed, /^no answer came in time/, { faults: requestedFaults('mixedStall') }],
  [mixed, /^a question does not see/, { faults: requestedFaults('mixedIgnore') }],
]

/** Reads what `selftest` writes with `--issue-text`: name of a check → its finding. @throws {UsageError} DDB_USAGE */
function findingsOf(text: string) {
  const rows = [...text.matchAll(/^\| (pass|fail|skipped) \| (.*?) \| (.*) \|$/gm)].map(
    ([, status = '', name = '', cell = '']) => {
      const found = cell.replace(/\. Depends on it: .*$/, '').replaceAll('\\|', '|')
      return [name, { status, reason: found.replaceAll('&lt;', '<') }] as const
    },
  )
  if (rows.length === 0) {
    throw new UsageError('DDB_USAGE', 'This is not a report of selftest (--issue-text).')
  }
  return new Map(rows)
}

/** How a finding begins whose rest is the server's words. */
const beforeWords =
  /^(?:refused|not understood|understood as \w+, not \w+|not permitted|the server refuses what the check needs|the server does not tell: refused): /

/** Puts the other server's words in the place of ours. */
type Reword = (text: string, request: string) => string | undefined

function rewordingOf([, own, asks = any, found = /(.*)/]: Wording, reason: string): Reword[] {
  const words = found.exec(reason.replace(beforeWords, ''))?.[1] ?? ''
  if (words === '') return []
  const parts = own.split(/«(.*?)»/)
  const names = parts.filter((_, i) => i % 2 === 1).map(name => new RegExp(name, 'g'))
  const texts = parts.filter((_, i) => i % 2 === 0).map(escaped)
  const ours = new RegExp(texts.join('([^\\s"\'\\],):]+(?:://[^\\s"\'\\],)]+)?)'))
  const reword: Reword = (text, request) => {
    const [all, ...asked] = ours.exec(text) ?? []
    if (all === undefined || !asks.test(request)) return undefined
    return text.replace(all, () =>
      names.reduce((said, name, i) => said.replace(name, asked[i]!), words),
    )
  }
  return [reword]
}

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')

/** The options of a server like that of the report, and what makes it answer so. @throws {UsageError} DDB_USAGE */
export function replayOf(text: string) {
  const checks = findingsOf(text)
  const findingOf = (check: string): string => checks.get(check)?.reason ?? ''
  // Other failures say what did not come, not the server's words.
  const hasWords = ([check]: readonly [check: string, ...unknown[]]): boolean =>
    checks.get(check)?.status === 'pass' || beforeWords.test(findingOf(check))
  const rewords = wordings
    .filter(hasWords)
    .flatMap(wording => rewordingOf(wording, findingOf(wording[0])))
  const reword = (text: string, request: string): string =>
    rewords.map(each => each(text, request)).find(said => said !== undefined) ?? text
  const refusals = refusable.filter(
    row => checks.get(row[0])?.status === 'skipped' && hasWords(row),
  )
  const isLong = findingOf('insert: exec count(*) counts') === 'LONG'
  const fail = (error: unknown, request: string): never => {
    if (!(error instanceof ScriptError)) throw error
    throw new ScriptError(reword(error.message, request), { ...error, located: true })
  }
  /** Also changes words that scripts have caught, such as those in a ledger of receipts. */
  const reworded = <T extends Column>(column: T, request: string): T => {
    if (column.form !== 'vector' || column.type !== 'STRING' || rewords.length === 0) return column
    const texts = Array.from({ length: column.length }, (_, row) => formatElement(column, row))
    return vectorOf(
      { type: 'STRING' },
      texts.map(text => reword(text, request)),
    ) as T
  }
  const answer = (value: Value | undefined, request: string): Value | undefined => {
    if (value?.form === 'table') {
      return { ...value, columns: value.columns.map(column => reworded(column, request)) }
    }
    if (value?.form === 'vector') return reworded(value, request)
    const isCount =
      isLong && value?.form === 'scalar' && value.type === 'INT' && counts.test(request)
    return isCount ? { form: 'scalar', type: 'LONG', value: BigInt(value.value ?? 0) } : value
  }
  const release = /^\* server: (\d{1,4}(\.\d{1,4}){2,3})/m.exec(text)?.[1]
  const found = settings.filter(([check, finding]) => finding.test(findingOf(check)))
  return {
    options: Object.assign(
      {},
      release && { version: release },
      ...found.map(row => row[2]),
    ) as ServerOptions,
    around:
      (run: RunRequest): RunRequest =>
      (session, head, request): Outcome => {
        const asked = fullText(request)
        const refused = refusals.find(([, asks]) => asks.test(asked))
        if (refused !== undefined) {
          const words = findingOf(refused[0]).replace(beforeWords, '')
          throw new ScriptError(words, { located: true })
        }
        try {
          const outcome = run(session, head, request)
          return outcome instanceof Promise
            ? outcome.then(
                value => answer(value, asked),
                error => fail(error, asked),
              )
            : answer(outcome, asked)
        } catch (error) {
          return fail(error, asked)
        }
      },
  }
}
