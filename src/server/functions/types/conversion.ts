/*
  Functions named after the type they convert to (DolphinDB manual, pages int, string, decimal32 and so on). Called
  without an argument, or with NULL, they make the null of the type.
*/
import {
  maxScale,
  type ColumnType,
  type DataType,
  type DecimalType,
} from '../../../protocol/data-type.js'
import { durationUnits } from '../../../protocol/types/durations.js'
import type { Scalar, Vector } from '../../../protocol/value.js'
import type { Builtin } from '../../values/builtin.js'
import { ScriptError } from '../../script-error.js'
import { castValue } from '../../operators/cast.js'
import { operandOf, scalarAt } from '../../operators/operands/pairing.js'
import type { ServerValue } from '../../values/server-value.js'
import { nullColumn } from '../../columns/column-layout.js'
import { textColumn } from '../../columns/convert-text.js'
import { isAbsent, integerArgument, textArgument } from '../arguments.js'

/** name(X): X as this type. */
export function conversion(name: string, type: DataType): Builtin {
  return {
    name,
    parameters: ['X'],
    minArguments: 0,
    maxArguments: 1,
    call: (_, [value]) => (isAbsent(value) ? nullOf({ type }) : castValue(value, { type })),
  }
}

function nullOf(type: ColumnType): Scalar {
  return scalarAt(nullColumn(type, 1) as Vector, 0)
}

/** char(X): text must be one character or a number that fits (DolphinDB manual, page char). */
const char: Builtin = {
  ...conversion('char', 'CHAR'),
  call: (_, [value]) => {
    if (isAbsent(value)) return nullOf({ type: 'CHAR' })
    const converted = castValue(value, { type: 'CHAR' })
    const isText = value.form === 'scalar' && typeof value.value === 'string' && value.value !== ''
    if (isText && converted.form === 'scalar' && converted.value === null) {
      throw new ScriptError('Failed to convert the string to CHAR')
    }
    return converted
  },
}

/** blob(X): the bytes of text. */
const blob: Builtin = {
  ...conversion('blob', 'BLOB'),
  call: (_, [value]) => {
    if (isAbsent(value)) return nullOf({ type: 'BLOB' })
    const { vector, rebuild } = operandOf(castValue(value, { type: 'STRING' }), 'blob')
    if (vector.type !== 'STRING') throw new ScriptError('blob takes text, not a tuple of vectors.')
    return rebuild(textColumn(vector, { type: 'BLOB' }) as Vector)
  },
}

/** decimal32(X, scale), decimal64 and decimal128. */
function decimal(name: string, type: DecimalType): Builtin {
  return {
    name,
    parameters: ['X', 'scale'],
    minArguments: 2,
    maxArguments: 2,
    call: (_, [value, scaleArgument]) => {
      const scale = integerArgument(scaleArgument, 'scale')
      if (scale < 0 || scale > maxScale[type]) {
        throw new ScriptError(
          `Scale out of bounds (valid range: [0, ${maxScale[type]}], but get: ${scale}). RefId: S05010`,
        )
      }
      return isAbsent(value) ? nullOf({ type, scale }) : castValue(value, { type, scale })
    },
  }
}

/** complex(X, Y) and point(X, Y): pairs of doubles. */
function doublePair(name: string, type: 'COMPLEX' | 'POINT'): Builtin {
  return {
    name,
    parameters: ['X', 'Y'],
    minArguments: 2,
    maxArguments: 2,
    call: (_, [x, y]) => {
      const first = operandOf(castValue(x!, { type: 'DOUBLE' }), name)
      const second = operandOf(castValue(y!, { type: 'DOUBLE' }), name)
      if (first.vector.length !== second.vector.length) {
        throw new ScriptError(`${name}(X, Y). X and Y must have the same length.`)
      }
      return first.rebuild(joinedDoubles(type, first.vector, second.vector))
    },
  }
}

function joinedDoubles(type: 'COMPLEX' | 'POINT', x: Vector, y: Vector): Vector {
  const { length } = x
  const data = new Float64Array(length * 2)
  const xs = x as Extract<Vector, { type: 'DOUBLE' }>
  const ys = y as Extract<Vector, { type: 'DOUBLE' }>
  for (let row = 0; row < length; row++) {
    data[row * 2] = xs.data[row]!
    data[row * 2 + 1] = ys.data[row]!
  }
  return { form: 'vector', type, length, data }
}

/** duration(X): `20ms`, `3M` (DolphinDB manual, page duration; exchange calendars are unknown here). */
const duration: Builtin = {
  name: 'duration',
  parameters: ['X'],
  minArguments: 1,
  maxArguments: 1,
  call: (_, [value]): ServerValue => {
    const text = textArgument(value, 'X')
    const [, count, suffix = ''] = /^(-?\d+)([a-zA-Z]{1,2})$/.exec(text) ?? []
    const unit = durationUnits.get(suffix)
    if (count === undefined || unit === undefined) {
      throw new ScriptError(`The string [${text}] is not a duration.`)
    }
    return { form: 'scalar', type: 'DURATION', value: { count: Number(count), unit } }
  },
}

export const conversionFunctions: readonly Builtin[] = [
  conversion('bool', 'BOOL'),
  char,
  conversion('short', 'SHORT'),
  conversion('int', 'INT'),
  conversion('long', 'LONG'),
  conversion('float', 'FLOAT'),
  conversion('double', 'DOUBLE'),
  conversion('string', 'STRING'),
  conversion('symbol', 'SYMBOL'),
  blob,
  conversion('uuid', 'UUID'),
  conversion('ipaddr', 'IPADDR'),
  conversion('int128', 'INT128'),
  decimal('decimal32', 'DECIMAL32'),
  decimal('decimal64', 'DECIMAL64'),
  decimal('decimal128', 'DECIMAL128'),
  doublePair('complex', 'COMPLEX'),
  doublePair('point', 'POINT'),
  duration,
]
