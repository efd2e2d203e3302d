/*
  Checks written as data: a table, the requests that the check sends, and what must come. In the requests, `T` stands
  for the check's table. Also small tables to send: `id INT, sym SYMBOL, price DOUBLE`.
*/
import { classifyRefusal, type Refusal } from '../../load/outcomes/refusal.js'
import { vectorOf } from '../../protocol/element.js'
import type { Column, Table, Value } from '../../protocol/value.js'
import {
  answerText,
  numberOf,
  refusalOf,
  tableDifference,
  tableOf,
  tableOfColumns,
} from '../answers.js'
import { expectText, fail, type Check } from '../check.js'
import type { CheckContext } from '../context.js'

/**
 * What must come: a number; the text of a value; a table, bit for bit; a refusal that this program understands so
 * (the server's words are the finding); any refusal; or what a function says.
 */
type Expected =
  | number
  | string
  | Table
  | { readonly refused: Refusal | 'anyhow' }
  | ((answer: Value | undefined) => string | void)

interface Step {
  /** A script, or with `args` the name of a function. */
  readonly request: string
  readonly args?: readonly Value[]
  /** Absent if any answer will do. */
  readonly expected?: Expected | undefined
  /** Sends the request with flag 4, which demands no answer. */
  readonly isSent?: boolean
}

export const ask = (request: string, expected?: Expected): Step => ({ request, expected })
export const call = (
  request: string,
  args: Value | readonly Value[],
  expected?: Expected,
): Step => ({
  request,
  args: 'form' in args ? [args] : args,
  expected,
})
export const send = (request: string, ...args: readonly Value[]): Step => ({
  request,
  args,
  isSent: true,
})

interface StepsCheck extends Omit<Check, 'run'> {
  /** A script that makes the table `T`, which is shared; or `dfs` for a table `k INT, v INT` in the run's database. */
  readonly table?: string
  /** Runs the steps in a session of their own; so does a step without an answer. */
  readonly hasSession?: boolean
  readonly steps: readonly Step[]
  /** The table must have so many rows at last. */
  readonly rows?: number
}

export function stepsCheck({ table, hasSession, steps, rows, ...check }: StepsCheck): Check {
  const run: Check['run'] = async context => {
    const purpose = check.name.replace(/[^A-Za-z0-9]+/g, '').slice(0, 40)
    let name = ''
    if (table === 'dfs') name = (await dfsTable(context, purpose)).expression
    else if (table !== undefined) name = await context.share(purpose, table)
    const isOwn = hasSession === true || steps.some(({ isSent }) => isSent)
    const session = isOwn ? await context.open() : context.control
    let finding: string | void = undefined
    for (const { request, args, expected, isSent } of steps) {
      const text = request.replace(/\bT\b/g, name)
      if (isSent === true) session.send(text, args ?? [])
      else {
        const asked = args ? context.call(text, args, session) : context.ask(text, session)
        finding = (await compare(request, asked, expected)) ?? finding
      }
    }
    if (rows !== undefined) await expectRows(context, name, rows, session)
    return finding
  }
  return { ...check, ...(table === 'dfs' && { limitMs: 15_000 }), run }
}

async function compare(
  request: string,
  asked: Promise<Value | undefined>,
  expected: Expected | undefined,
): Promise<string | void> {
  if (typeof expected === 'object' && 'refused' in expected) {
    const { refused } = expected
    if (refused !== 'anyhow') return expectRefusal(asked, refused)
    if ((await refusalOf(asked)) === undefined) fail('it is accepted')
    return
  }
  const answer = await asked
  if (typeof expected === 'function') return expected(answer)
  const what = request.length > 60 ? `${request.slice(0, 60)}…` : request
  if (typeof expected === 'number') expectText(what, String(numberOf(answer)), String(expected))
  else if (typeof expected === 'string') expectText(what, answerText(answer), expected)
  else if (expected !== undefined) expectTable(tableOf(answer), expected)
}

function expectTable(actual: Table, expected: Table): void {
  const difference = tableDifference(actual, expected)
  if (difference !== undefined) fail(difference)
}

/** Passes if the table has exactly so many rows after the server has executed everything that `session` sent. */
export async function expectRows(
  { rowsOf, ask }: CheckContext,
  table: string,
  rows: number,
  session = undefined as Parameters<CheckContext['ask']>[1],
): Promise<void> {
  await rowsOf(table, rows)
  await ask('1', session)
  expectText('rows', String(await rowsOf(table)), String(rows))
}

/** @returns the server's words, if this program understands them as `kind` */
async function expectRefusal(request: Promise<unknown>, kind: Refusal): Promise<string> {
  const words = (await refusalOf(request)) ?? fail('it is accepted')
  const understood = classifyRefusal(words)
  return understood === kind ? words : fail(`understood as ${understood}, not ${kind}: ${words}`)
}

/** Creates a table in the run's database, partitioned by the table's first column. */
export async function dfsTable(
  context: CheckContext,
  name: string,
): Promise<{ expression: string; path: string }> {
  const database = await context.database()
  await context.prepare(
    `createPartitionedTable(database("${database}"), table(1:0, \`k\`v, [INT, INT]), "${name}", \`k)`,
  )
  return { expression: `loadTable("${database}","${name}")`, path: `${database}/${name}` }
}

/** Arguments for `streamTable`, `table` and the like, to create a table for rows of `batch`. */
export const batchColumns = '1:0, `id`sym`price, [INT, SYMBOL, DOUBLE]'
export const streamTable = `streamTable(${batchColumns})`

const symbols = ['IBM', null, 'A', '\u4e2d']

/** Rows with ids from `first` on. Every fourth symbol is null, and every fifth price. */
export function batch(first: number, rows: number): Table {
  const ids = Array.from({ length: rows }, (_, i) => first + i)
  return tableOfColumns({
    id: vectorOf({ type: 'INT' }, ids),
    sym: vectorOf(
      { type: 'SYMBOL' },
      ids.map(id => symbols[id % 4]!),
    ),
    price: vectorOf(
      { type: 'DOUBLE' },
      ids.map(id => (id % 5 === 0 ? null : id / 4)),
    ),
  })
}

/** Like `batch`, but with prices that are not numbers. */
export function wrongBatch(rows: number): Table {
  const [id, sym] = batch(0, rows).columns as [Column, Column]
  const price = vectorOf({ type: 'STRING' }, Array<string>(rows).fill('none'))
  return tableOfColumns({ id, sym, price })
}

export const ints = (values: readonly (number | null)[]): Column =>
  vectorOf({ type: 'INT' }, values)

/** A table of two INT columns. */
export const pairs = (
  keys: readonly (number | null)[],
  values: readonly (number | null)[] = keys,
): Table => tableOfColumns({ k: ints(keys), v: ints(values) })
