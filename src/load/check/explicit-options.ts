/*
  Turns everything a check detected or assumed into explicit options.
*/
import type { InputSummary } from '../inputs/input-reading.js'
import type { InputOptions, LoadOptions, MappingOptions } from '../options.js'
import type { FrozenLoad } from './check-result.js'
import type { CheckedInput } from './checked-input.js'

export interface ExplicitInput {
  readonly looked: CheckedInput
  readonly summary: InputSummary
}

/**
 * @param offsets  time zone offsets that the inputs' times contained
 * @returns one load for each group of inputs that are read alike, in the order of each group's first input
 */
export function explicitLoads(
  options: LoadOptions,
  inputs: readonly ExplicitInput[],
  offsets: Readonly<Record<string, string>>,
): FrozenLoad[] {
  const groups = new Map<string, FrozenLoad>()
  // Nothing can be detected in an input without records, so such an input joins a group of other inputs.
  const telling = inputs.filter(({ looked }) => !looked.isEmpty)
  for (const input of telling.length === 0 ? inputs.slice(0, 1) : telling) {
    const frozen = frozenLoad(options, input, offsets)
    const key = JSON.stringify({ ...frozen, inputs: [] })
    const known = groups.get(key)
    if (known === undefined) groups.set(key, frozen)
    else known.inputs.push(...frozen.inputs)
  }
  const [first] = groups.values()
  const empty = inputs.map(({ looked }) => looked).filter(({ isEmpty }) => isEmpty)
  for (const { path } of empty) if (first?.inputs.includes(path) === false) first.inputs.push(path)
  return [...groups.values()]
}

function frozenLoad(
  { input = {}, mapping = {}, cells = {} }: LoadOptions,
  { looked, summary }: ExplicitInput,
  offsets: Readonly<Record<string, string>>,
): FrozenLoad {
  const { detected } = summary
  const { decimalComma } = detected ?? {}
  return {
    inputs: [looked.path],
    input: { ...ofFiles(input), ...dialectOf(looked, summary) },
    mapping: { ...mapping, ...mappingOf(looked, mapping) },
    cells: {
      ...cells,
      ...(decimalComma ? { decimalComma: decimalComma.value } : {}),
      ...(Object.keys(offsets).length === 0 ? {} : { offsets }),
    },
  }
}

/** The inputs are expanded to files: stdin and the choice of files no longer apply. */
function ofFiles({ stdin: _, include: __, ...input }: InputOptions): InputOptions {
  return input
}

function dialectOf({ isEmpty }: CheckedInput, summary: InputSummary): InputOptions {
  const { format, compression, detected } = summary
  const { delimiter, quote, escape, header, trailingDelimiter, encoding } = detected ?? {}
  // The summary declares these three as strings, but holds only texts that are valid options.
  const named = { format, compression, encoding: encoding?.value ?? null } as {
    readonly [Name in 'format' | 'compression' | 'encoding']: InputOptions[Name] | null
  }
  return {
    ...(named.format ? { format: named.format } : {}),
    ...(named.compression ? { compression: named.compression } : {}),
    ...(named.encoding ? { encoding: named.encoding } : {}),
    ...(delimiter ? { delimiter: delimiter.value } : {}),
    ...(quote ? { quote: quote.value } : {}),
    // Without quotes there are no escapes.
    ...(escape && quote?.value !== '' ? { escape: escape.value } : {}),
    ...(header && !isEmpty ? { header: header.value ? 'yes' : 'no' } : {}),
    ...(trailingDelimiter && !isEmpty ? { trailingDelimiter: trailingDelimiter.value } : {}),
  }
}

/** Maps fields by position or by name. With names, lists only fields whose column has a different name. */
function mappingOf(
  { mapping, fieldNames, recordKind, isUnfit, isEmpty }: CheckedInput,
  given: MappingOptions,
): MappingOptions {
  if (isEmpty) return {}
  if (recordKind === 'members') return { match: 'name' }
  if (fieldNames === undefined || given.match === 'position') return { match: 'position' }
  if (isUnfit) return { match: 'name' }
  const others = mapping.columns.flatMap(({ name, source }) => {
    const field = source.kind === 'field' ? fieldNames[source.index]! : name
    return field === name ? [] : [[name, field] as const]
  })
  const map = { ...given.map, ...Object.fromEntries(others) }
  return { match: 'name', ...(Object.keys(map).length === 0 ? {} : { map }) }
}
