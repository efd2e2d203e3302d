/*
  Makes a column of the table from the findings about an input column, or explains why a JSON member cannot be a column.
*/
import { option } from '../errors.js'
import { unusualTimes } from '../parse/cells/count-format.js'
import type { CellOptions } from '../parse/cell-rules.js'
import { optionTexts } from '../parse/option-texts.js'
import { keepsBlanks } from '../parse/types/column-types.js'
import { jsonKinds } from '../parse/json/json-kinds.js'
import { isReservedWord } from '../schema/identifier.js'
import { unitsPerDay } from './candidate-types.js'
import type { ChosenType, SeenKinds } from './choose-type.js'
import type { ColumnProbe } from './column-probe.js'
import { alsoNull, refusedTextWarnings, wordWarnings } from './type-warnings.js'
import type { InferredColumn } from './inferred-schema.js'

/** @param source  name of the column in the input */
export function columnOf(
  probe: ColumnProbe,
  name: string,
  source: string | undefined,
  chosen: ChosenType,
): InferredColumn {
  const { type, candidate, options, nulls, refused, warnings } = chosen
  return {
    name,
    source,
    type,
    needs: renamed(options, probe.name, name),
    nulls,
    refused,
    distinct: probe.distinct.count,
    sample: probe.sample?.replaceAll('\u001f', ','),
    textBytes: probe.textBytes,
    days: candidate?.days,
    warnings: [...renamedWarnings(name, source), ...unitWarnings(probe, chosen), ...warnings],
    ...(probe.type === undefined ? {} : { remedies: remediesOf(probe, chosen) }),
  }
}

/** The options for a column that gets another name. */
function renamed(options: CellOptions, from: string, to: string): CellOptions {
  const { dateFormats, percentColumns, ...others } = options
  return {
    ...others,
    ...(dateFormats && { dateFormats: { [to]: dateFormats[from]! } }),
    ...(percentColumns && { percentColumns: [to] }),
  }
}

/** Asks about a unit of `epoch:` in which all times are unusual. */
function unitWarnings({ dateFormat = '' }: ColumnProbe, { type, candidate }: ChosenType): string[] {
  const { min, max } = candidate ?? {}
  const units = unitsPerDay[type.type]
  if (!dateFormat.startsWith('epoch:') || units === undefined || min === undefined) return []
  const seconds = (raw: number | bigint): number => (Number(raw) / units) * 86_400
  return [unusualTimes(dateFormat, seconds(min), seconds(max!)) ?? []].flat()
}

function renamedWarnings(name: string, source: string | undefined): string[] {
  if (source === undefined || source === name || !isReservedWord(source)) return []
  return [`"${source}" is a reserved word of DolphinDB, so the column gets this name`]
}

/** Why values of these kinds fit no column. @param source  name of the member */
export function reasonOf(source: string, { values, elements }: SeenKinds): string {
  if ((values & ~jsonKinds.null) !== jsonKinds.array) {
    return 'its values are objects without members, or of several kinds, which no column takes'
  }
  if ((elements & ~jsonKinds.null) === 0) {
    return 'its arrays are all empty, which says nothing of their type'
  }
  // An element of a record that is an array has a number for a name, and no path leads to it.
  const areRecords =
    !/^\d+$/.test(source) && (elements & ~(jsonKinds.array | jsonKinds.object)) === 0
  const advice = areRecords
    ? `; ${option('input.jsonPath')} ${source} reads their elements as rows`
    : ''
  return `its arrays hold texts, arrays, objects or values of several kinds, which no column takes${advice}`
}

/** Why the given type does not take some texts, and the options that read these texts. */
function remediesOf(
  probe: ColumnProbe,
  { type, options: { nullTexts, ...others }, warnings }: ChosenType,
): string[] {
  if (keepsBlanks(type)) {
    return probe.nullWords?.seen.length === 0 ? [] : warnings.filter(one => one.endsWith(alsoNull))
  }
  const options = optionTexts('cells', others)
  const plain = probe.candidates.find(({ isPlain }) => isPlain)
  const odd = plain === undefined ? [] : refusedTextWarnings(probe, plain)
  const read =
    options.length === 0 ? [] : odd.map(text => `${text}: ${options.join(' ')} reads them`)
  const isWordOnly = nullTexts !== undefined && warnings.length === 0
  return [...read, ...(isWordOnly ? wordWarnings(probe) : warnings)]
}
