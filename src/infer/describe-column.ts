/*
  Makes a column of the table from the findings about an input column, or explains why a JSON member cannot be a column.
*/
import { unusualTimes } from '../parse/cells/epoch-format.js'
import { jsonKinds } from '../parse/json/json-kinds.js'
import { isReservedWord } from '../schema/identifier.js'
import { unitsPerDay } from './candidate-types.js'
import type { ChosenType, SeenKinds } from './choose-type.js'
import type { ColumnProbe } from './column-probe.js'
import { remediesOf } from './column-remedies.js'
import type { InferredColumn } from './inferred-schema.js'

/** @param source  name of the column in the input */
export function columnOf(
  probe: ColumnProbe,
  name: string,
  source: string | undefined,
  chosen: ChosenType,
): InferredColumn {
  const { type, candidate, dateFormat, flags, nulls, refused, warnings } = chosen
  const { min, max } = candidate ?? {}
  const units = unitsPerDay[type.type]
  const days =
    units === undefined || min === undefined || max === undefined
      ? undefined
      : { first: Math.floor(Number(min) / units), last: Math.floor(Number(max) / units) }
  return {
    name,
    source,
    type,
    dateFormat,
    ...(flags?.isPercent === true ? { isPercent: true } : {}),
    nulls,
    refused,
    distinct: probe.distinct.count,
    sample: probe.sample?.replaceAll('\u001f', ','),
    textBytes: probe.textBytes,
    days,
    warnings: [...renamedWarnings(name, source), ...unitWarnings(probe, chosen), ...warnings],
    ...(probe.type === undefined ? {} : { remedies: remediesOf(probe, chosen) }),
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

/** Why values of these kinds fit no column. */
export function reasonOf({ values, elements }: SeenKinds): string {
  const isArray = (values & jsonKinds.array) !== 0
  if (isArray && (values & ~(jsonKinds.array | jsonKinds.null)) !== 0) {
    return 'it is an array in some records and none in others'
  }
  if (isArray && (elements & (jsonKinds.array | jsonKinds.object)) !== 0) {
    return 'its arrays hold arrays or objects, which no column takes'
  }
  if (isArray && (elements & ~jsonKinds.null) === 0) {
    return 'its arrays are all empty, which says nothing of their type'
  }
  if (isArray) return 'its arrays hold texts, or values of several kinds, which no column takes'
  return 'its values are objects without members, or of several kinds, which no column takes'
}
