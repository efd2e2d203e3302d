/*
  `x[i] = v` within the memory of the request: counted is what the variable grows by, so that a loop which assigns the
  same elements again and again takes no more than one round of it.
*/
import { isFixedType } from '../../../protocol/element-bytes.js'
import { assignElements } from '../../elements/assign-elements.js'
import { entryOf } from '../../elements/dictionary.js'
import { indexValue, type IndexValue } from '../../elements/indexing.js'
import type { RequestMemory } from '../../values/request-memory.js'
import { intScalar, textOf } from '../../values/scalar.js'
import type { ServerValue } from '../../values/server-value.js'
import { isLight, rowBytes, weigh, weighEntry } from '../../values/weigh.js'

const nothing = intScalar(null)

/**
 * As `assignElements`.
 * @throws {ScriptError} `Out of memory …` when the variable would grow too large; nothing has changed then
 */
export function assignCounted(
  memory: RequestMemory,
  variable: ServerValue,
  indexes: readonly IndexValue[],
  value: ServerValue,
): boolean {
  if (growsNever(variable, value)) return assignElements(variable, indexes, value)
  const keys = indexes[0]?.form === 'vector' ? indexes[0].length : 1
  const replaced = replacedBytes(memory, variable, indexes)
  memory.expect(addedBytes(memory, variable, value, keys) - replaced)
  const before = entriesOf(variable)
  if (!assignElements(variable, indexes, value)) return false
  memory.keep(addedBytes(memory, variable, value, entriesOf(variable) - before) - replaced)
  return true
}

/** Numbers take the place of numbers, and scalars that weigh nothing that of anything. */
function growsNever(variable: ServerValue, value: ServerValue): boolean {
  switch (variable.form) {
    case 'vector':
      return isLight(value) || isFixedType(variable.type)
    case 'list':
      return isLight(value)
    case 'serverDictionary':
    case 'serverTable':
      return false
    default:
      return true
  }
}

const entriesOf = (variable: ServerValue): number =>
  variable.form === 'serverDictionary' ? variable.entries.size : 0

/** @param entries  how many a dictionary gets */
function addedBytes(
  { room }: RequestMemory,
  variable: ServerValue,
  value: ServerValue,
  entries: number,
): number {
  if (variable.form === 'serverDictionary') {
    const each = value.form === 'scalar' ? value : nothing
    return entries * weighEntry(each, room) + weigh(value, room)
  }
  const rows = variable.form === 'serverTable' && value.form === 'scalar' ? variable.rows : 0
  return value.form === 'scalar' && rows > 0 ? rows * rowBytes(value.type) : weigh(value, room)
}

/** What nobody can reach any more afterwards, as far as that is soon said. */
function replacedBytes(
  { room }: RequestMemory,
  variable: ServerValue,
  indexes: readonly IndexValue[],
): number {
  const [index] = indexes
  if (index === undefined || indexes.length > 1) return 0
  switch (variable.form) {
    case 'vector':
    case 'list':
      return weigh(indexValue(variable, [index]), room)
    case 'serverDictionary':
      return index.form === 'scalar' ? weigh(entryOf(variable, index), room) : 0
    case 'serverTable': {
      const name = index.form === 'slice' ? undefined : textOf(index)
      const position = name === undefined ? -1 : variable.columnNames.indexOf(name)
      return position < 0 ? 0 : weigh(variable.column(position), room)
    }
    default:
      return 0
  }
}
