/*
  Turns the examined columns of all inputs into the columns of a table.
*/
import { option } from '../errors.js'
import { chooseType, type ChosenType, type SeenKinds } from './choose-type.js'
import { checkRules, targetNames } from './column-names.js'
import { constantProbe, type ColumnProbe } from './column-probe.js'
import { columnOf, reasonOf } from './describe-column.js'
import type { Findings, InferOptions } from './findings.js'
import type { InputFields } from './field-columns.js'
import type { InferredColumn, InferredSchema, UnusableMember } from './inferred-schema.js'
import type { JsonColumns } from './json-columns.js'
import { settleTypes } from './settle-types.js'
import type { FoundTotals } from './totals.js'

export function buildSchema(
  options: InferOptions,
  found: Findings,
  totals: FoundTotals | undefined,
): InferredSchema {
  const { json, fields, rows, recordBytes, totalBytes, isComplete } = found
  const leftOut: UnusableMember[] = []
  let columns: InferredColumn[] = []
  if (json !== undefined) columns = memberColumns(options, json, found, leftOut)
  else if (fields !== undefined) columns = filledColumns(options, found, fields, leftOut)
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
    needsPosition:
      (fields?.isByPosition === true && fields.hasNames) || json?.isByPosition === true,
    isHeaderless: fields && !fields.hasNames,
    quotes: found.quotes,
    assumedHeader: found.assumedHeader,
    totals,
    needsAllowMissing: missing.length > 0,
  }
}

/** The columns filled from fields. Omits fields that only templates of `mapping.set` use. */
function filledColumns(
  options: InferOptions,
  { columns, probes, takenFields, unused }: Findings,
  fields: InputFields,
  leftOut: UnusableMember[],
): InferredColumn[] {
  const own = columns.flatMap((column, i) =>
    takenFields.has(column.field) && !column.isMapped ? [] : [{ ...column, probe: probes[i]! }],
  )
  const types = settleTypes(
    own.map(({ probe }) => probe),
    options.intoDfs,
    options.proposesTruths === true,
  )
  const isNumbered = fields.isByPosition || !fields.hasNames
  const isSaid = columns.some(({ isMapped }) => isMapped)
  const reason = `its column is filled by ${option('mapping.set')}`
  for (const field of unused) {
    if (!takenFields.has(field)) leftOut.push({ source: fields.names[field]!, reason })
  }
  return own.map(({ name, field, isMapped, probe }, i) => {
    const column = columnOf(probe, name, fields.names[field], types[i]!)
    return isNumbered && isSaid && !isMapped ? { ...column, fieldNumber: field + 1 } : column
  })
}

function setColumns({ intoDfs }: InferOptions, found: Findings): InferredColumn[] {
  const { rules, rows, set, setProbes } = found
  const templates = [...setProbes.values()].map(probe =>
    columnOf(probe, probe.name, undefined, chooseType(probe, undefined, intoDfs)!),
  )
  const constants = Object.entries(set?.constants ?? {}).map(([name, text]) => {
    const probe = constantProbe(name, text, rules ?? {})
    const column = columnOf(probe, name, undefined, chooseType(probe, undefined, intoDfs)!)
    const isNull = column.nulls > 0
    return { ...column, nulls: isNull ? rows : 0, textBytes: column.textBytes * rows }
  })
  return [...templates, ...constants]
}

function memberColumns(
  options: InferOptions,
  json: JsonColumns,
  { takenMembers, set }: Findings,
  leftOut: UnusableMember[],
): InferredColumn[] {
  const taken: { source: string; probe: ColumnProbe; type: ChosenType }[] = []
  for (const column of json.columns.values()) {
    if (json.isObject(column) || takenMembers.has(column.source)) continue
    const { source, probe, kinds, elementKinds } = column
    const seen: SeenKinds = { values: kinds, elements: elementKinds }
    const type = chooseType(probe, seen, options.intoDfs)
    if (type === undefined) leftOut.push({ source, reason: reasonOf(source, seen) })
    else taken.push({ source, probe, type })
  }
  const names = targetNames(
    options,
    taken.map(({ source }) => source),
  )
  checkRules({ ...options, set: { ...options.set, ...set?.templates } }, names)
  return taken.map(({ source, probe, type }, i) => columnOf(probe, names[i]!, source, type))
}
