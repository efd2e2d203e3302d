/*
  What was seen of all columns, as the columns of a table.
*/
import { jsonKinds } from '../parse/json/json-kinds.js'
import { isReservedWord } from '../schema/identifier.js'
import { unitsPerDay } from './candidate-types.js'
import { chooseType, type ChosenType, type SeenKinds } from './choose-type.js'
import { checkRules, targetNames } from './column-names.js'
import { constantProbe, type ColumnProbe } from './column-probe.js'
import type { Found, InferOptions } from './found.js'
import type { InferredColumn, InferredSchema, LeftOut } from './inferred-schema.js'
import type { JsonColumns } from './json-columns.js'

/** The columns of all inputs. */
export function schemaOf(options: InferOptions, found: Found): InferredSchema {
  const { json, fields, rows, recordBytes, totalBytes, isComplete } = found
  const leftOut: LeftOut[] = []
  let columns: InferredColumn[] = []
  if (json !== undefined) columns = memberColumns(options, json, found, leftOut)
  else if (fields !== undefined) {
    columns = found.probes.flatMap((probe, i) =>
      found.takenFields.has(i)
        ? []
        : columnOf(
            probe,
            probe.name,
            fields.names[i],
            chooseType(probe, undefined, options.intoDfs),
          ),
    )
  }
  if (columns.length > 0 || (rows > 0 && found.setProbes.size > 0))
    columns.push(...setColumns(options, found))
  const missing =
    json === undefined
      ? []
      : [...json.columns.values()].filter(one => !json.isObject(one) && json.missing(one) > 0)
  return {
    columns,
    leftOut,
    inputs: found.inputs,
    rows,
    isComplete,
    estimatedRows:
      isComplete || recordBytes === 0 ? rows : Math.ceil((rows * totalBytes) / recordBytes),
    rejected: found.rejected,
    firstReject: found.firstReject,
    needsPosition: fields?.isByPosition === true && fields.hasNames,
    needsAllowMissing: missing.length > 0,
  }
}

function setColumns({ intoDfs }: InferOptions, found: Found): InferredColumn[] {
  const { rules, rows, set, setProbes } = found
  const templates = [...setProbes.values()].map(probe =>
    columnOf(probe, probe.name, undefined, chooseType(probe, undefined, intoDfs)),
  )
  const constants = Object.entries(set?.constants ?? {}).map(([name, text]) => {
    const probe = constantProbe(name, text, rules ?? {})
    const column = columnOf(probe, name, undefined, chooseType(probe, undefined, intoDfs))
    const isNull = column.nulls > 0
    return { ...column, nulls: isNull ? rows : 0, textBytes: column.textBytes * rows }
  })
  return [...templates, ...constants]
}

function memberColumns(
  options: InferOptions,
  json: JsonColumns,
  { takenMembers, set }: Found,
  leftOut: LeftOut[],
): InferredColumn[] {
  const taken: { source: string; probe: ColumnProbe; type: ChosenType }[] = []
  for (const column of json.columns.values()) {
    if (json.isObject(column) || takenMembers.has(column.source)) continue
    const { source, probe, kinds, elementKinds } = column
    const seen: SeenKinds = { values: kinds, elements: elementKinds }
    const type = chooseType(probe, seen, options.intoDfs)
    if (type === undefined) leftOut.push({ source, reason: reasonOf(seen) })
    else taken.push({ source, probe, type })
  }
  const names = targetNames(
    options,
    taken.map(({ source }) => source),
  )
  checkRules({ ...options, set: { ...options.set, ...set?.templates } }, names)
  return taken.map(({ source, probe, type }, i) => columnOf(probe, names[i]!, source, type))
}

function renamedWarnings(name: string, source: string | undefined): string[] {
  if (source === undefined || source === name || !isReservedWord(source)) return []
  return [`"${source}" is a reserved word of DolphinDB, so the column gets this name`]
}

function reasonOf({ values, elements }: SeenKinds): string {
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

function columnOf(
  probe: ColumnProbe,
  name: string,
  source: string | undefined,
  { type, candidate, dateFormat, nulls, warnings }: ChosenType,
): InferredColumn {
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
    nulls,
    distinct: probe.distinct.count,
    sample: probe.sample?.replaceAll('\u001f', ','),
    textBytes: probe.textBytes,
    days,
    warnings: [...renamedWarnings(name, source), ...warnings],
  }
}
