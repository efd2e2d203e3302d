/*
  COMPLEX, POINT and DURATION in text: two numbers per value.
*/
import { nullDouble, nullInt32 } from '../../protocol/null-value.js'
import { readComplex, readDuration, readPoint } from '../cells/read-pair.js'
import { WideColumn, type WideType } from '../columns/wide-column.js'
import { jsonKinds } from '../json/json-kinds.js'
import type { CellType } from './cell-type.js'

function doublePairType(
  name: 'COMPLEX' | 'POINT',
  expected: string,
  readCell: WideType<Float64Array>['readCell'],
): CellType {
  return {
    name,
    jsonKinds: jsonKinds.string,
    hasArrays: true,
    column: ({ columnIndex, pool }) =>
      new WideColumn<Float64Array>(
        {
          bytesPerRow: 16,
          view: buffer => new Float64Array(buffer),
          nullElements: [nullDouble, nullDouble],
          readCell,
          expected,
          column: (data, length) => ({ form: 'vector', type: name, length, data }),
        },
        columnIndex,
        pool,
      ),
  }
}

const duration: CellType = {
  name: 'DURATION',
  jsonKinds: jsonKinds.string,
  hasArrays: true,
  column: ({ columnIndex, pool }) =>
    new WideColumn<Int32Array>(
      {
        bytesPerRow: 8,
        view: buffer => new Int32Array(buffer),
        nullElements: [nullInt32, 0],
        readCell: readDuration,
        expected: 'a duration such as 3M or 200ms',
        column: (data, length) => ({ form: 'vector', type: 'DURATION', length, data }),
      },
      columnIndex,
      pool,
    ),
}

export const pairTypes: readonly CellType[] = [
  doublePairType('COMPLEX', 'a number such as 2.3+4.0i', readComplex),
  doublePairType('POINT', 'a point such as (1.5, 2.5)', readPoint),
  duration,
]
