/*
  How the elements of wide types lie in their arrays, and how they are read.
*/
import { nullDouble, nullInt32 } from '../../protocol/null-value.js'
import { readInt128, readIpAddress, readUuid } from '../cells/read-binary16.js'
import { readComplex, readDuration, readPoint } from '../cells/read-pair.js'
import type { WideType } from '../columns/wide-column.js'

const sixteenZeros: readonly number[] = Array.from({ length: 16 }, () => 0)

function binary16Type(
  type: 'UUID' | 'IPADDR' | 'INT128',
  expected: string,
  readCell: WideType<Uint8Array>['readCell'],
): WideType<Uint8Array> {
  return {
    bytesPerRow: 16,
    view: buffer => new Uint8Array(buffer),
    nullElements: sixteenZeros,
    readCell,
    expected,
    column: (data, length) => ({ form: 'vector', type, length, data }),
  }
}

export const uuidType: WideType<Uint8Array> = binary16Type(
  'UUID',
  'a UUID such as 00112233-4455-6677-8899-aabbccddeeff',
  readUuid,
)

export const int128Type: WideType<Uint8Array> = binary16Type(
  'INT128',
  '32 hexadecimal digits',
  readInt128,
)

export const ipAddressType: WideType<Uint8Array> = binary16Type(
  'IPADDR',
  'an address such as 1.2.3.4 or 2001:db8::1',
  readIpAddress,
)

function pairType(
  type: 'COMPLEX' | 'POINT',
  expected: string,
  readCell: WideType<Float64Array>['readCell'],
): WideType<Float64Array> {
  return {
    bytesPerRow: 16,
    view: buffer => new Float64Array(buffer),
    nullElements: [nullDouble, nullDouble],
    readCell,
    expected,
    column: (data, length) => ({ form: 'vector', type, length, data }),
  }
}

export const complexType: WideType<Float64Array> = pairType(
  'COMPLEX',
  'a number such as 2.3+4.0i',
  readComplex,
)

export const pointType: WideType<Float64Array> = pairType(
  'POINT',
  'a point such as (1.5, 2.5)',
  readPoint,
)

export const durationType: WideType<Int32Array> = {
  bytesPerRow: 8,
  view: buffer => new Int32Array(buffer),
  nullElements: [nullInt32, 0],
  readCell: readDuration,
  expected: 'a duration such as 3M or 200ms',
  column: (data, length) => ({ form: 'vector', type: 'DURATION', length, data }),
}
