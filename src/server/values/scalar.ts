/*
  Creates and reads single values.
*/
import type { DataType, DecimalType } from '../../protocol/data-type.js'
import { nullInt8 } from '../../protocol/null-value.js'
import { stringsOf } from '../../protocol/types/strings.js'
import type { Scalar, Value, Vector } from '../../protocol/value.js'
import { ScriptError } from '../script-error.js'
import type { ServerValue } from './server-value.js'
import { Buffer } from 'node:buffer'
import type { Random } from '../../platform/platform.js'

/** No value: an omitted argument, or the result of a function that returns nothing. NULL is `explicitNull`. */
export const voidValue: Scalar = { form: 'scalar', type: 'VOID', value: null }

export function boolScalar(value: boolean | null): Scalar {
  return { form: 'scalar', type: 'BOOL', value }
}

export function intScalar(value: number | null): Scalar {
  return { form: 'scalar', type: 'INT', value }
}

export function longScalar(value: bigint | null): Scalar {
  return { form: 'scalar', type: 'LONG', value }
}

export function doubleScalar(value: number | null): Scalar {
  return { form: 'scalar', type: 'DOUBLE', value }
}

export function stringScalar(value: string): Scalar {
  return { form: 'scalar', type: 'STRING', value }
}

export function stringVector(data: readonly string[]): Vector {
  return { form: 'vector', type: 'STRING', length: data.length, data }
}

export function nullOf(type: DataType, scale = 0): Scalar {
  switch (type) {
    case 'STRING':
      return stringScalar('')
    case 'SYMBOL':
      return { form: 'scalar', type: 'SYMBOL', value: '' }
    case 'BLOB':
      return { form: 'scalar', type: 'BLOB', value: new Uint8Array(0) }
    case 'DECIMAL32':
    case 'DECIMAL64':
    case 'DECIMAL128':
      return { form: 'scalar', type: type satisfies DecimalType, scale, value: null }
    default:
      return { form: 'scalar', type, value: null } as Scalar
  }
}

/** True for NULL without a type and for the absence of a value. A null that has a type is a value. */
export function isVoid(value: ServerValue): boolean {
  return value.form === 'scalar' && value.type === 'VOID'
}

/** The text of a STRING, SYMBOL or CHAR scalar (`'a'` is a CHAR); undefined for other values. */
export function textOf(value: ServerValue | undefined): string | undefined {
  if (value?.form !== 'scalar') return undefined
  if (value.type === 'STRING' || value.type === 'SYMBOL') return value.value
  if (value.type === 'CHAR') return charText(value.value ?? nullInt8)
  if (value.type === 'BLOB') return new TextDecoder().decode(value.value)
  return undefined
}

function charText(code: number): string {
  return code === nullInt8 ? '' : String.fromCharCode(code)
}

function wireText(value: Value): string | undefined {
  return value.form === 'table' || value.form === 'dictionary' ? undefined : textOf(value)
}

/** The texts of a string, a string vector, or a tuple of strings; undefined for other values. */
export function textsOf(value: ServerValue | undefined): readonly string[] | undefined {
  if (value === undefined) return undefined
  const text = textOf(value)
  if (text !== undefined) return [text]
  if (value.form !== 'vector') return undefined
  switch (value.type) {
    case 'STRING':
      return stringsOf(value).slice(0, value.length)
    case 'SYMBOL':
      return Array.from(value.codes.subarray(0, value.length), code => value.base[code] ?? '')
    case 'CHAR':
      return Array.from(value.data.subarray(0, value.length), code => charText(code))
    case 'ANY': {
      const texts = value.data.slice(0, value.length).map(element => wireText(element))
      return texts.every(text => text !== undefined) ? texts : undefined
    }
    default:
      return undefined
  }
}

/** An integral scalar as a JavaScript number; undefined for nulls and for other values. */
export function integerOf(value: ServerValue | undefined): number | undefined {
  if (value?.form !== 'scalar') return undefined
  switch (value.type) {
    case 'BOOL':
      return value.value === null ? undefined : Number(value.value)
    case 'CHAR':
    case 'SHORT':
    case 'INT':
      return value.value ?? undefined
    case 'LONG':
      return value.value === null ? undefined : Number(value.value)
    default:
      return undefined
  }
}

/** The truth of a condition. A null counts as false (DolphinDB manual, "if-else"). */
export function isTrue(value: ServerValue): boolean {
  if (value.form === 'scalar') {
    if (typeof value.value === 'number') return value.value !== 0
    if (typeof value.value === 'bigint') return value.value !== 0n
    if (typeof value.value === 'boolean') return value.value
    if (value.value === null) return false
  }
  throw new ScriptError('A scalar object is expected. But the actual object is not a scalar.')
}

/** Text of 36 characters, lower case. */
export function newUuid(random: Random): string {
  const bytes = random.bytes(16)
  bytes[6] = (bytes[6]! & 0x0f) | 0x40
  bytes[8] = (bytes[8]! & 0x3f) | 0x80
  const digits = Buffer.from(bytes).toString('hex')
  return digits.replace(/(.{8})(.{4})(.{4})(.{4})(.{12})/, '$1-$2-$3-$4-$5')
}
