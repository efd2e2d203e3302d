/*
  Functions that take elements out of the object itself: pop!, clear! (DolphinDB manual, pages of each name).
*/
import { elementAt, sliceColumn } from '../../../protocol/element.js'
import type { Vector } from '../../../protocol/value.js'
import type { Builtin } from '../../values/builtin.js'
import { ScriptError } from '../../script-error.js'
import type { ServerValue } from '../../values/server-value.js'
import { checkWrite } from '../../tables/privileges.js'
import { checkWritable, isStream } from '../../tables/prepare.js'
import { unaryFunction } from '../define.js'

const inPlace = { mutatesFirst: true } as const

/** pop!(X): the last element, which the vector has no more. */
const pop = unaryFunction(
  'pop!',
  value => {
    if (value.form !== 'vector' || value.length === 0) {
      throw new ScriptError('pop!(X). X must be a vector that is not empty.')
    }
    const last = value.length - 1
    const element = elementAt(value, last) as ServerValue
    Object.assign(value, sliceColumn(value, 0, last))
    return element
  },
  inPlace,
)

/** clear!(X): X itself, without elements, entries or rows; its types stay. */
const clear = unaryFunction(
  'clear!',
  (value, context) => {
    switch (value.form) {
      case 'vector':
      case 'arrayVector':
        return Object.assign(value, sliceColumn(value, 0, 0))
      case 'matrix': {
        // Data that is appended comes as columns: these keep their length.
        delete value.columnLabels
        const elements = sliceColumn(value.elements, 0, 0) as Vector
        return Object.assign(value, { columns: 0, elements })
      }
      case 'set':
        return Object.assign(value, { elements: sliceColumn(value.elements, 0, 0) as Vector })
      case 'serverDictionary':
        value.entries.clear()
        return value
      case 'serverTable':
        checkWrite(context, value, 'DELETE')
        checkWritable(value)
        if (isStream(value) || value.kind === 'dfs') {
          throw new ScriptError(
            'clear!(X). A table must be an in-memory table that rows can be deleted from.',
          )
        }
        value.keepRows(new Int32Array(0))
        return value
      default:
        throw new ScriptError('clear!(X). X must be a vector, matrix, set, dictionary or table.')
    }
  },
  inPlace,
)

export const removeElementFunctions: readonly Builtin[] = [pop, clear]
