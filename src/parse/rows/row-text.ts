/*
  A row of a program as a line of JSON, with what JSON.stringify would change or lose without a word: bigints, −0, NaN, times that are
  none, typed arrays. The line is read as any other, so a row means what its JSON means.
*/

import { isUtf8 } from 'node:buffer'

/** A row that no line stands for. */
export class RowFault extends Error {}

/** Values inside values; readers refuse more. */
const mostLevels = 512

/**
 * @param names  of the members that columns take; those that a class has as getters are in the line, and an array's elements go to
 *   them in order
 * @throws {RowFault} for what is no row, and values that nothing stands for
 */
export function rowText(row: unknown, names: readonly string[]): string {
  if (Array.isArray(row)) return arrayRow(row, names)
  if (typeof row !== 'object' || row === null) {
    throw new RowFault(`a row is an object or an array, not ${kindOf(row)}`)
  }
  const object = row as Readonly<Record<string, unknown>>
  const members = membersText(object, 1)
  for (const name of names) {
    if (Object.hasOwn(object, name) || isOfEveryObject(name) || !(name in object)) continue
    addMember(members, name, object[name], 1)
  }
  return `{${members.join()}}`
}

/** A name that every object has, and that says nothing of its row. */
export function isOfEveryObject(name: string): boolean {
  return name in Object.prototype
}

function arrayRow(row: readonly unknown[], names: readonly string[]): string {
  if (row.length !== names.length) {
    throw new RowFault(`the row has ${row.length} values, and ${names.length} columns take some`)
  }
  const members: string[] = []
  for (const [i, name] of names.entries()) addMember(members, name, row[i] ?? null, 1)
  return `{${members.join()}}`
}

function membersText(object: Readonly<Record<string, unknown>>, level: number): string[] {
  const members: string[] = []
  for (const name of Object.keys(object)) addMember(members, name, object[name], level)
  return members
}

/** As in JSON, a member that is undefined is not there. */
function addMember(members: string[], name: string, value: unknown, level: number): void {
  if (value === undefined) return
  try {
    members.push(`${JSON.stringify(name)}:${valueText(value, level)}`)
  } catch (error) {
    if (!(error instanceof RowFault) || level > 1) throw error
    throw new RowFault(`member "${name}": ${error.message}`)
  }
}

function valueText(value: unknown, level: number): string {
  switch (typeof value) {
    case 'string':
      return JSON.stringify(value)
    case 'number':
      return Object.is(value, -0) ? '-0' : String(value)
    case 'bigint':
    case 'boolean':
      return String(value)
    case 'object':
      return value === null ? 'null' : objectText(value, level)
    default:
      throw new RowFault(`nothing stands for ${kindOf(value)}`)
  }
}

function objectText(value: object, level: number): string {
  if (level >= mostLevels) throw new RowFault(`values inside values more than ${mostLevels} times`)
  if (value instanceof Date) {
    if (Number.isNaN(value.getTime())) throw new RowFault('an invalid Date is no time')
    return `"${value.toISOString()}"`
  }
  if (Array.isArray(value) || isNumbers(value)) {
    return `[${Array.from(value as readonly unknown[], one => valueText(one ?? null, level + 1)).join()}]`
  }
  if (value instanceof Uint8Array) {
    if (!isUtf8(value)) throw new RowFault('bytes that are not UTF-8 are no text')
    return JSON.stringify(Buffer.from(value).toString())
  }
  const { toJSON } = value as { readonly toJSON?: unknown }
  if (typeof toJSON === 'function') {
    return valueText((toJSON as () => unknown).call(value) ?? null, level + 1)
  }
  if (value instanceof Map || value instanceof Set || value instanceof Promise) {
    throw new RowFault(`nothing stands for ${kindOf(value)}`)
  }
  return `{${membersText(value as Readonly<Record<string, unknown>>, level + 1).join()}}`
}

/** Bytes are those of a text. */
function isNumbers(value: object): boolean {
  return ArrayBuffer.isView(value) && !(value instanceof DataView) && !(value instanceof Uint8Array)
}

function kindOf(value: unknown): string {
  if (value === null) return 'null'
  if (typeof value !== 'object') return `a ${typeof value}`
  return `a ${value.constructor.name}`
}
