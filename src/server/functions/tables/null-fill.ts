/*
  nullFill!: replaces the null cells of a table with a value (DolphinDB manual, pages nullFill and loadTextEx).
*/
import { isNullAt, takeRows } from '../../../protocol/element.js'
import { columnOfScalar } from '../../columns/convert-column.js'
import { ScriptError } from '../../script-error.js'
import { preparedValues, updateRows } from '../../tables/insert-values.js'
import type { Builtin } from '../../values/builtin.js'
import { builtin, tableArgument } from '../arguments.js'

export const nullFillFunctions: readonly Builtin[] = [
  builtin(
    'nullFill!(X, Y)',
    (context, [target, value]) => {
      const table = tableArgument(context, target)
      if (value.form !== 'scalar') {
        throw new ScriptError('The second argument of nullFill! must be a scalar for a table.')
      }
      const filled = table.columnNames.map((name, index) => {
        const column = table.column(index)
        const nulls = Array.from({ length: table.rows }, (_, row) => row)
        const rows = Int32Array.from(nulls.filter(row => isNullAt(column, row)))
        const values = takeRows(columnOfScalar(value), new Int32Array(rows.length))
        return { name, rows, values: preparedValues(table, name, rows, values) }
      })
      for (const { name, rows, values } of filled) updateRows(table, name, rows, values)
      return table
    },
    { mutatesFirst: true },
  ),
]
