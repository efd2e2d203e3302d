/*
  Which kinds of JSON values a column of each type takes. A string may spell what JSON's numbers cannot hold for
  everybody: 64-bit integers, decimals, NaN. A number is no time unless an epoch format says what it counts.
*/
import type { ColumnType, DataType } from '../../protocol/data-type.js'
import { dataTypes } from '../../protocol/data-type.js'
import { jsonKinds } from './json-scanner.js'

const { boolean, number, string, array } = jsonKinds

/** Kinds as bits; null is always taken besides. */
export function kindsOf(
  column: ColumnType,
  isEpoch: boolean,
): { kinds: number; elementKinds: number } {
  const kinds = elementKinds(column.type, isEpoch)
  return column.array === true ? { kinds: array, elementKinds: kinds } : { kinds, elementKinds: 0 }
}

function elementKinds(type: DataType, isEpoch: boolean): number {
  switch (type) {
    case 'BOOL':
      return boolean | number
    case 'SHORT':
    case 'INT':
      return number
    case 'CHAR':
    case 'LONG':
    case 'FLOAT':
    case 'DOUBLE':
    case 'DECIMAL32':
    case 'DECIMAL64':
    case 'DECIMAL128':
      return number | string
    default:
      return dataTypes[type].category === 'temporal' && isEpoch ? number | string : string
  }
}

const kindNames: readonly (readonly [number, string])[] = [
  [jsonKinds.boolean, 'true or false'],
  [jsonKinds.number, 'a number'],
  [jsonKinds.string, 'a string'],
  [jsonKinds.array, 'an array'],
  [jsonKinds.object, 'an object'],
  [jsonKinds.null, 'null'],
]

/** `a number or a string`. */
export function kindsText(kinds: number): string {
  return kindNames
    .filter(([kind]) => (kinds & kind) !== 0)
    .map(([, name]) => name)
    .join(' or ')
}
