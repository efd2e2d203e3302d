/* Checks written as data: a table, the requests that the check sends, and what must come. In the requests, `T` stands for the check's
   table. Also small tables to send: `id INT, sym SYMBOL, price DOUBLE`. */
import { classifyRefusal, type Refusal } from '../../load/outcomes/refusals.js'
import { vectorOf } from '../../protocol/element.js'
import type { Column, Table, Value } from '../../protocol/value.js'
import { schemaFromServer } from '../../schema/target-schema.js'
import {
  answerText,
  expectText,
  fail,
  numberOf,
  refusalOf,
  tableDifference,
  tableOf,
  tableOfColumns,
  typesText,
} from '../answers.js'
import type { Check } from '../check.js'
import type { CheckContext } from '../context.js'

/** @param purpose  the part of the check's name that names of objects may contain */
type Trial = (context: CheckContext, purpose: string) => ReturnType<Check['run']>

/** Subjects whose checks need more than the usual time, ms. */
const limitsMs: Readonly<Record<string, number>> = {
  ...{ asynchronous: 10_000, jobs: 10_000 },
  ...{ dfs: 15_000, create: 15_000 },
}

/** Checks of one subject on which the same parts of this program depend. */
export function checksOf(
  subject: string,
  dependsOnIt: string,
  trials: Readonly<Record<string, Trial>>,
): readonly Check[] {
  const limitMs = limitsMs[subject]
  return Object.entries(trials).map(([what, trial]) => {
    const name = `${subject}: ${what}`
    const purpose = name.replace(/[^A-Za-z0-9]+/g, '').slice(0, 40)
    return { name, dependsOnIt, limitMs, run: context => trial(context, purpose) }
  })
}

/**
 * What must come: a number; the text of a value; a table, bit for bit; a refusal that this program understands so, or
 * with such words (the server's words are the finding); or what a function says.
 */
type Expected =
  | number
  | string
  | Table
  | { readonly refused: Refusal | RegExp }
  | ((answer: Value | undefined) => string | void)

interface Place {
  readonly context: CheckContext
  /** Of the check's table. */
  readonly name: string
  /** The control session, until a step demands no answer. */
  session: CheckContext['control']
}

export type Step = (place: Place) => ReturnType<Check['run']>

const named = (request: string, { name }: Place): string => request.replace(/\bT\b/g, name)

/** @param expected  undefined if any answer will do */
export const ask =
  (request: string, expected?: Expected): Step =>
  place =>
    compare(request, place.context.ask(named(request, place), place.session), expected)

export const call =
  (name: string, args: Value | readonly Value[], expected?: Expected): Step =>
  place => {
    const values = 'form' in args ? [args] : args
    return compare(name, place.context.call(named(name, place), values, place.session), expected)
  }

/** Sends the request with flag 4, which demands no answer, in a session that all further steps use. */
export const send =
  (request: string, ...args: readonly Value[]): Step =>
  async place => {
    const { context } = place
    if (place.session === context.control) place.session = await context.open()
    place.session.send(named(request, place), args)
  }

/** The table must have exactly so many rows after the server has executed everything that the session sent. */
export const rows =
  (rows: number): Step =>
  async ({ context, name, session }) => {
    await context.rowsOf(name, rows)
    await context.ask('1', session)
    expectText('rows', String(await context.rowsOf(name)), String(rows))
  }

/** Runs steps that need no table. */
export const asks = (...steps: readonly Step[]): Trial => onTable('', ...steps)

/** @param table  a script that makes the table `T`, which is shared; or `dfs` for a table `k INT, v INT` in a database */
export function onTable(table: string, ...steps: readonly Step[]): Trial {
  return async (context, purpose) => {
    let name = ''
    if (table === 'dfs') name = (await dfsTable(context, purpose)).expression
    else if (table !== '') name = await context.share(purpose, table)
    const place: Place = { context, name, session: context.control }
    let finding: string | void = undefined
    for (const step of steps) finding = (await step(place)) ?? finding
    return finding
  }
}

async function compare(
  request: string,
  asked: Promise<Value | undefined>,
  expected: Expected | undefined,
): Promise<string | void> {
  if (typeof expected === 'object' && 'refused' in expected) {
    const { refused } = expected
    const words = (await refusalOf(asked)) ?? fail('it is accepted')
    if (refused instanceof RegExp) return refused.test(words) ? words : fail(words)
    const understood = classifyRefusal(words)
    if (understood === refused) return words
    fail(`understood as ${understood}, not ${refused}: ${words}`)
  }
  const answer = await asked
  if (typeof expected === 'function') return expected(answer)
  const what = request.length > 60 ? `${request.slice(0, 60)}…` : request
  if (typeof expected === 'number') expectText(what, String(numberOf(answer)), String(expected))
  else if (typeof expected === 'string') expectText(what, answerText(answer), expected)
  else if (expected !== undefined) {
    const difference = tableDifference(tableOf(answer), expected)
    if (difference !== undefined) fail(difference)
  }
}

/** The columns of an answer to `schema(t)`, such as `id INT, sym SYMBOL`. */
export const columnsText = (schema: Value | undefined): string =>
  typesText(schemaFromServer(schema ?? fail('there is no answer')).columns)

/** Creates a table in a database of its own, partitioned by the values 1 to 3 of the table's first column. */
export async function dfsTable({ named, prepare }: CheckContext, purpose: string) {
  const database = named('database', purpose)
  await prepare(
    `createPartitionedTable(database("${database}", VALUE, 1..3), table(1:0, \`k\`v, [INT, INT]), "t", \`k)`,
  )
  return { database, expression: `loadTable("${database}","t")` }
}

/** Arguments for `streamTable`, `table` and the like, to create a table for rows of `batch`. */
export const batchColumns = '1:0, `id`sym`price, [INT, SYMBOL, DOUBLE]'
export const streamTable = `streamTable(${batchColumns})`

const symbols = ['IBM', null, 'A', '\u4e2d']

/** Rows with ids from `first` on. Every fourth symbol is null, and every fifth price. */
export function batch(first: number, rows: number): Table {
  const ids = Array.from({ length: rows }, (_, i) => first + i)
  const sym = ids.map(id => symbols[id % 4]!)
  const price = ids.map(id => (id % 5 === 0 ? null : id / 4))
  return tableOfColumns({
    id: ints(ids),
    sym: vectorOf({ type: 'SYMBOL' }, sym),
    price: vectorOf({ type: 'DOUBLE' }, price),
  })
}

/** Like `batch`, but with prices that are not numbers. */
export function wrongBatch(rows: number): Table {
  const right = batch(0, rows)
  const price = vectorOf({ type: 'STRING' }, Array<string>(rows).fill('none'))
  return { ...right, columns: [...right.columns.slice(0, 2), price] }
}

export const ints = (values: readonly (number | null)[]): Column =>
  vectorOf({ type: 'INT' }, values)

export const pairs = (
  keys: readonly (number | null)[],
  values: readonly (number | null)[] = keys,
): Table => tableOfColumns({ k: ints(keys), v: ints(values) })
