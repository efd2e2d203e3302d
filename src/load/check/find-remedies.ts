/*
  Finds options that make rejected rows readable. Reads every value once more, like `ddb-ingest schema`, but with the target's types.
*/
import { DdbError } from '../../errors.js'
import { inferSchema } from '../../infer/infer.js'
import { neededOptions, type NeededOptions } from '../../infer/needed-options.js'
import { fileBytes } from '../../source/open-source.js'
import { textSources } from '../../schema/cell-source.js'
import type { Run } from '../run.js'
import { missingOptions, inferOptions } from '../target/create-target.js'
import type { FrozenLoad } from './check-result.js'
import type { CheckedInput } from './checked-input.js'

export interface Remedies {
  /** A sentence for each problem of a column, in the order of the columns. */
  readonly said: readonly string[]
  /** Undefined if no option is missing, or if no set of options can read all columns. */
  readonly needed: NeededOptions | undefined
  /** True if all rows were read and, with these options, every text is a value of its column. */
  readonly readsAll: boolean
}

/**
 * @param frozen  how the inputs are read
 * @param looked  the first input, already examined
 * @param sample  limit of the records to examine; undefined for all
 * @returns undefined if the inputs cannot be read twice
 */
export async function findRemedies(
  run: Run,
  frozen: FrozenLoad,
  looked: CheckedInput,
  sample: number | undefined,
): Promise<Remedies | undefined> {
  const { options, platform } = run
  const { inputs, input, mapping } = frozen
  for (const path of inputs) {
    if (path === '-' || (await fileBytes(path, platform.files)) === undefined) return undefined
  }
  const map = { ...mapping.map }
  const set = { ...mapping.set }
  for (const { name, source } of looked.mapping.columns) {
    if (source.kind === 'field') map[name] = fieldName(looked, mapping.match, source.index)
    const [part, ...others] = textSources(source)
    // If a template in `set` contains a part of the path, such as `{date}`, `inferSchema` makes no column from that
    // part. A column that is filled from such a part is therefore added here.
    if (part?.kind === 'input' && others.length === 0) set[name] ??= `{${part.name}}`
  }
  const filled = looked.mapping.columns.filter(
    ({ name, source }) => source.kind !== 'constant' || Object.hasOwn(set, name),
  )
  const names = new Set(filled.map(({ name }) => name))
  const read = { ...options, input, mapping: { ...mapping, map, set } }
  const schema = await inferSchema({
    ...inferOptions(read, inputs, platform.files),
    types: filled,
    existing: names,
    proposesTruths: true,
    stopped: () => isEnded(run),
    onLook: run.reporter.looking,
    ...(sample === undefined ? {} : { sample }),
  }).catch((error: unknown) => {
    if (error instanceof DdbError) return undefined
    throw error
  })
  if (schema === undefined || isEnded(run)) return undefined
  const ofColumns = schema.columns.flatMap(({ name, remedies = [] }) =>
    names.has(name) ? remedies.map(text => `${name}: ${text}`) : [],
  )
  const found = neededOptions(schema)
  const { input: reading, cells } = found
  const needed: NeededOptions = { input: reading, cells, mapping: {}, rejects: 0 }
  const isContrary = cells.thousands === ',' && cells.decimalComma
  const isNeeded = !isContrary && missingOptions(run, needed, true).length > 0
  return {
    said: [...ofColumns, ...(reading.comment === undefined ? [] : (schema.totals?.said ?? []))],
    needed: isNeeded ? needed : undefined,
    readsAll: found.rejects === 0 && schema.isComplete,
  }
}

/** True if the caller ended the run. A failure of the check does not count: the rows may have caused it. */
function isEnded({ options: { signal, leave } }: Run): boolean {
  return signal?.aborted === true || leave?.aborted === true
}

function fieldName({ fieldNames }: CheckedInput, match: string | undefined, index: number): string {
  return match === 'position' ? String(index + 1) : (fieldNames?.[index] ?? String(index + 1))
}
