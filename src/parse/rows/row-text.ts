/* Turns a program's row into a line of JSON. Keeps what JSON.stringify would silently change or lose: bigints, −0, NaN, invalid dates,
   typed arrays. The line is then read like a line of a JSON file. */

import { isUtf8 } from 'node:buffer'

/** A row that cannot be written as JSON. */
export class InvalidRow extends Error {}

/** Limit of nesting; readers refuse deeper values. */
const mostLevels = 512

/** For each member that columns take: its name, and that name as JSON. */
export type RowMembers = ReadonlyMap<string, string>

export function rowMembers(names: readonly string[]): RowMembers {
  return new Map(names.map(name => [name, JSON.stringify(name)]))
}

/**
 * @param members  members to write, even if they are not enumerable, such as getters of the row's class; a row that is an array has its
 *   values in this order
 * @throws {InvalidRow} for anything that is not a row, and for values that cannot become text
 */
export function rowText(row: unknown, members: RowMembers): string {
  if (Array.isArray(row)) return arrayRow(row, members)
  if (typeof row !== 'object' || row === null || row instanceof Date || isOpaque(row)) {
    throw new InvalidRow(`a row is an object or an array, not ${kindOf(row)}`)
  }
  const object = row as Readonly<Record<string, unknown>>
  let text = ''
  for (const name of Object.keys(object)) text += memberText(members, name, object[name])
  for (const name of members.keys()) {
    const isWritten = Object.prototype.propertyIsEnumerable.call(object, name)
    if (isWritten || isOfEveryObject(name) || !(name in object)) continue
    text += memberText(members, name, object[name])
  }
  return `{${text.slice(1)}}`
}

/** True for a name that every object inherits, such as `toString`. Such a member is not data. */
export function isOfEveryObject(name: string): boolean {
  return name in Object.prototype
}

function arrayRow(row: readonly unknown[], members: RowMembers): string {
  if (row.length !== members.size) {
    throw new InvalidRow(`the row has ${row.length} values for ${members.size} columns`)
  }
  let text = ''
  let i = 0
  for (const name of members.keys()) text += memberText(members, name, row[i++])
  return `{${text.slice(1)}}`
}

/** A comma and the member as JSON; '' if the value is undefined, because JSON leaves such members out. */
function memberText(members: RowMembers, name: string, value: unknown): string {
  if (value === undefined) return ''
  try {
    return `,${members.get(name) ?? JSON.stringify(name)}:${valueText(value, 1)}`
  } catch (error) {
    if (!(error instanceof InvalidRow)) throw error
    throw new InvalidRow(`member "${name}": ${error.message}`)
  }
}

function valueText(value: unknown, level: number): string {
  switch (typeof value) {
    case 'string':
      return JSON.stringify(value)
    case 'number':
      return numberText(value)
    case 'bigint':
    case 'boolean':
      return String(value)
    case 'object':
      return value === null ? 'null' : objectText(value, level)
    case 'undefined':
      throw new InvalidRow('undefined cannot be stored: use null instead')
    default:
      throw new InvalidRow(`${kindOf(value)} cannot be stored`)
  }
}

function numberText(value: number): string {
  const size = Math.abs(value)
  // String() writes only the digits that tell the number from its neighbours, then zeros.
  if (size > Number.MAX_SAFE_INTEGER && size < 1e21) return String(BigInt(value))
  return Object.is(value, -0) ? '-0' : String(value)
}

function objectText(value: object, level: number): string {
  if (level >= mostLevels) throw new InvalidRow(`values nested more than ${mostLevels} levels deep`)
  if (value instanceof Date) {
    if (Number.isNaN(value.getTime())) throw new InvalidRow('an invalid Date is not a time')
    return `"${value.toISOString()}"`
  }
  if (Array.isArray(value) || isNumbers(value)) {
    return `[${Array.from(value as readonly unknown[], one => valueText(one, level + 1)).join()}]`
  }
  if (value instanceof Uint8Array) {
    if (!isUtf8(value)) throw new InvalidRow('bytes that are not UTF-8 cannot become text')
    return JSON.stringify(Buffer.from(value).toString())
  }
  const { toJSON } = value as { readonly toJSON?: unknown }
  if (typeof toJSON === 'function') return valueText(toJSON.call(value) as unknown, level + 1)
  if (isOpaque(value)) throw new InvalidRow(`${kindOf(value)} cannot be stored`)
  const inner = Object.entries(value).filter(([, one]) => one !== undefined)
  return `{${inner.map(([name, one]) => `${JSON.stringify(name)}:${valueText(one, level + 1)}`).join()}}`
}

/** True for objects whose members are not what they hold. */
function isOpaque(value: object): boolean {
  return value instanceof Map || value instanceof Set || value instanceof Promise
}

/** True for typed arrays of numbers; false for byte arrays, which are read as text. */
function isNumbers(value: object): boolean {
  return ArrayBuffer.isView(value) && !(value instanceof DataView) && !(value instanceof Uint8Array)
}

function kindOf(value: unknown): string {
  if (value === null) return 'null'
  if (typeof value !== 'object') return `a ${typeof value}`
  return `a ${value.constructor.name}`
}
