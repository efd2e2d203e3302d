/* Describes a table that can hold the rows of the inputs, or explains why a JSON member cannot be a column. */
import { DdbError, InputError, option, type ErrorCode, type Fix } from '../errors.js'
import { optionTexts } from '../parse/cells/cell-bytes.js'
import { keepsBlanks } from '../parse/types/column-types.js'
import { jsonKinds } from '../parse/json/json-kinds.js'
import { isDecimal } from '../protocol/data-type.js'
import { isReservedWord } from '../schema/field-names.js'
import { stdinName } from '../source/open-source.js'
import { chooseType, notationOf, wordKey, type ChosenType, type TypeWishes } from './choose-type.js'
import { checkRules, targetNames } from './column-names.js'
import { sureNulls, type ColumnProbe, type SeenKinds } from './column-probe.js'
import { Findings, type InferOptions } from './findings.js'
import type { InferredColumn, InferredSchema, UnusableMember } from './inferred-schema.js'
import { unitQuestion } from './time-range.js'
import { Totals } from './totals.js'
import { refusedTextWarning } from './type-warnings.js'

/**
 * @throws {InputError} if an input cannot be read; DDB_INPUT_COLUMN for inputs without columns, or whose columns differ
 * @throws {UsageError} DDB_USAGE for rules that do not fit the inputs
 */
export async function inferSchema(options: InferOptions): Promise<InferredSchema> {
  const hasComment = options.reader.comment !== undefined
  const totals = new Totals()
  let found = await new Findings(options, totals).look()
  // If no option can skip the sums, `load` stores them. The inputs are then examined again, with the sums as rows.
  // Standard input can be read only once, so its sums remain left out.
  if (totals.areRows(hasComment) && !options.paths.includes('-')) {
    found = await new Findings(options, undefined).look()
  }
  const [path = ''] = options.paths
  const file = path === '-' ? stdinName : path
  const failed = (why: string, fix?: Fix): InputError =>
    new InputError('DDB_INPUT_COLUMN', `${file} has ${why}`, { file }, { fix })
  const isUnread = found.rejected > 0 && found.rejected === found.rows
  const fix = await otherReading(options, found)
  if (fix !== undefined || isUnread) {
    const why = `${isUnread ? 'no record' : 'few records'} that can be read; the first: ${found.firstReject}`
    const advice = `. ${option('input.ragged')} pad fills missing fields with nulls, and cut drops fields that the header does not have`
    const isRagged = found.firstCode === 'DDB_INPUT_FIELD_COUNT'
    throw failed(isRagged ? why + advice : why, fix)
  }
  const { json, fields, rows, recordBytes, totalBytes, isComplete } = found
  const { inputs, rejected, firstReject, quotes, assumedHeader } = found
  const leftOut: UnusableMember[] = []
  const schema: InferredSchema = {
    columns: columnsOf(options, found, leftOut),
    ...{ leftOut, inputs, rows, isComplete, rejected, firstReject, quotes, assumedHeader },
    totals: totals.found(hasComment),
    estimatedRows:
      isComplete || recordBytes === 0 ? rows : Math.ceil((rows * totalBytes) / recordBytes),
    needsPosition:
      (fields?.isByPosition === true && fields.hasNames) || json?.isByPosition === true,
    isHeaderless: fields && !fields.hasNames,
    needsAllowMissing: json?.lacksMembers === true,
  }
  const paths = leftOut.filter(({ hasRecords }) => hasRecords).map(({ source }) => source)
  const [first] = paths
  const isOneObject = inputs.every(one => one.format === 'json' && one.rows === 1)
  if (first !== undefined && options.ignoreExtra !== true && isOneObject) {
    const what = paths.length === 1 ? 'an array' : `arrays (${paths.join(', ')})`
    const choices = `${option('input.jsonPath')} ${first} reads those of "${first}" as rows, ${option('mapping.ignoreExtra')} loads the object without them`
    const sure = paths.length === 1 ? { options: { 'input.jsonPath': first } } : undefined
    throw failed(`a single object, with ${what} of records: ${choices}`, sure)
  }
  if (schema.columns.length > 0) return schema
  const why = leftOut.map(({ source, reason }) => `${source}: ${reason}`).slice(0, 5)
  throw failed(
    why.length > 0 ? `no member that a column takes. ${why.join('. ')}` : 'no columns: it is empty',
  )
}

/** Ways of reading that may suit records which were rejected for this reason. */
const otherReadings: Readonly<Partial<Record<ErrorCode, Readonly<Record<string, string>>>>> = {
  DDB_INPUT_FIELD_COUNT: { ragged: 'pad' },
  DDB_INPUT_JSON: { format: 'json' },
}

/** The option with which most records can be read, if they cannot be read without it. */
async function otherReading(options: InferOptions, found: Findings): Promise<Fix | undefined> {
  const other = found.firstCode && otherReadings[found.firstCode]
  const isSome = found.rejected * 2 <= found.rows
  if (other === undefined || isSome || options.paths.includes('-')) return undefined
  const reader = { ...options.reader, ...other }
  const look = new Findings({ ...options, reader }, undefined).look()
  const again = await look.catch((error: unknown) => {
    if (error instanceof DdbError) return undefined
    throw error
  })
  if (again === undefined || again.rows === 0 || again.rejected * 2 > again.rows) return undefined
  const changes = Object.entries(other).map(([name, text]) => [`input.${name}`, text] as const)
  return { options: Object.fromEntries(changes) }
}

/** What fills a column: a field, a JSON member, or a template, which is not a source. */
interface Filling extends Pick<InferredColumn, 'name' | 'source' | 'fieldNumber'> {
  readonly probe: ColumnProbe
}

function columnsOf(
  options: InferOptions,
  found: Findings,
  leftOut: UnusableMember[],
): InferredColumn[] {
  const { json, takenMembers, templates: set = {} } = found
  const members = json?.members.filter(({ source }) => !takenMembers.has(source))
  const reason = `its column is filled by ${option('mapping.set')}`
  leftOut.push(...found.unused.map(source => ({ source, reason, hasRecords: false })))
  const usable = members?.filter(({ source, probe }) => {
    if (chooseType(probe, options) !== undefined) return true
    leftOut.push({ source, ...reasonOf(source, probe.kinds!) })
    return false
  })
  const sources = usable?.map(({ source }) => source) ?? []
  const names = targetNames(options, sources)
  if (usable !== undefined) checkRules({ ...options, set }, names)
  const own = usable?.map((one, i): Filling => ({ ...one, name: names[i]! })) ?? found.columns
  const made = [...found.setProbes].map(([name, probe]) => ({ name, source: undefined, probe }))
  // A table of nothing but what is set would hide that no member suits.
  const isOnlySet = (members ?? found.columns).length === 0 && found.rows > 0
  const filling = own.length > 0 || isOnlySet ? [...own, ...made] : []
  const probes = filling.map(({ probe }) => probe)
  const types = settleTypes(probes, options)
  return filling.map((one, i) => columnOf(one, types[i]!))
}

/**
 * The types of columns that have one. Each round bars options, such as a decimal comma, that would harm another column than the one they
 * suit.
 */
function settleTypes(probes: readonly ColumnProbe[], wishes: TypeWishes): readonly ChosenType[] {
  const barred = new Map<string, string>()
  for (;;) {
    const types = probes.map(probe => chooseType(probe, { ...wishes, barred })!)
    const before = barred.size
    barHarmful(probes, types, barred)
    if (barred.size > before) continue
    const nullTexts = types.flatMap(({ options }) => options.nullTexts ?? [])
    return probes.map(probe => chooseType(probe, { ...wishes, barred, nullTexts })!)
  }
}

/**
 * Bars words that mean null but may be a text in another column, and notations of numbers that would make other columns unreadable.
 */
function barHarmful(
  probes: readonly ColumnProbe[],
  types: readonly ChosenType[],
  barred: Map<string, string>,
): void {
  const texts = probes.filter((_, i) => keepsBlanks(types[i]!.type))
  const found = new Set(texts.flatMap(({ nullWords }) => nullWords.map(({ word }) => word)))
  for (const word of types.flatMap(({ options }) => options.nullTexts ?? [])) {
    const isText = found.has(word) && !sureNulls.includes(word)
    if (isText) barred.set(wordKey(word), 'a text in another column')
  }
  const asked = types.map(({ options }) => options).filter(options => notationOf(options) !== '')
  const first = asked.find(({ thousands }) => thousands !== undefined)
  const areArrays = types.some(
    ({ type }, i) => type.array === true && (probes[i]!.rules.arrayDelimiter ?? ',') === ',',
  )
  const hasPoints = types.some(
    ({ type, options }, i) =>
      options.decimalComma !== true &&
      (type.type === 'DOUBLE' || isDecimal(type.type)) &&
      probes[i]!.facts.has(/\./),
  )
  for (const options of asked) {
    const { thousands, decimalComma } = options
    const why =
      areArrays && (thousands === ',' || decimalComma)
        ? 'numbers with commas, which stand between the elements of arrays in other columns'
        : decimalComma && (hasPoints || first?.thousands === ',')
          ? 'numbers with a decimal comma, and other columns have a point: no option reads both'
          : thousands !== undefined && thousands !== first!.thousands
            ? `numbers with "${thousands}" between thousands, and other columns have "${first!.thousands}": no option reads both`
            : undefined
    if (why !== undefined) barred.set(notationOf(options), why)
  }
}

function columnOf(
  { name, source, fieldNumber, probe }: Filling,
  chosen: ChosenType,
): InferredColumn {
  const { type, candidate, options, nulls, refused, warnings, nullWords } = chosen
  const { dateFormat = '' } = probe
  const { dateFormats, percentColumns, ...others } = options
  const isRenamed = source !== undefined && source !== name && isReservedWord(source)
  return {
    ...{ name, source, type, nulls, refused },
    // The probe of a JSON member may have another name than its column.
    needs: {
      ...others,
      ...(dateFormats && { dateFormats: { [name]: dateFormats[probe.name]! } }),
      ...(percentColumns && { percentColumns: [name] }),
    },
    ...(fieldNumber !== undefined && { fieldNumber }),
    distinct: probe.distinct.count,
    sample: probe.sample?.replaceAll('\u001f', ','),
    textBytes: probe.textBytes,
    days: candidate?.days,
    warnings: [
      isRenamed ? `"${source}" is a reserved word of DolphinDB, so the column gets this name` : [],
      unitQuestion(dateFormat, type.type, candidate?.range) ?? [],
      ...warnings,
      ...nullWords,
    ].flat(),
    ...(probe.type === undefined ? {} : { remedies: remediesOf(probe, chosen) }),
  }
}

/** Why values of these kinds fit no column. @param source  name of the member */
function reasonOf(
  source: string,
  { values, elements }: SeenKinds,
): Pick<UnusableMember, 'reason' | 'hasRecords'> {
  const isArray = (values & ~jsonKinds.null) === jsonKinds.array
  const isEmpty = (elements & ~jsonKinds.null) === 0
  // An element of a record that is an array has a number for a name, and no path leads to it.
  const hasRecords =
    isArray &&
    !isEmpty &&
    !/^\d+$/.test(source) &&
    (elements & ~(jsonKinds.array | jsonKinds.object)) === 0
  const advice = `; ${option('input.jsonPath')} ${source} reads their elements as rows`
  const reason = !isArray
    ? 'its values are objects without members, or of several kinds, which no column takes'
    : isEmpty
      ? 'its arrays are all empty, which says nothing of their type'
      : `its arrays hold texts, arrays, objects or values of several kinds, which no column takes${hasRecords ? advice : ''}`
  return { reason, hasRecords }
}

/** Why the given type does not take some texts, and the options that read these texts. */
function remediesOf(
  probe: ColumnProbe,
  { type, candidate, options: { nullTexts: _, ...others }, warnings, nullWords }: ChosenType,
): readonly string[] {
  if (keepsBlanks(type)) return nullWords
  const options = optionTexts('cells', others)
  const plain = probe.candidates.find(({ isPlain }) => isPlain)
  const odd = plain && refusedTextWarning(probe, plain)
  const drops = candidate?.format?.includes('*')
    ? ', without the digits that no such column keeps'
    : ''
  const read = `${odd}: ${options.join(' ')} reads them${drops}`
  return [...(odd !== undefined && options.length > 0 ? [read] : []), ...warnings, ...nullWords]
}
