/*
  Blanks at the ends of symbols. To the server ` A` and `A` are two symbols, which is seldom meant.
*/
import { option } from '../errors.js'
import type { Batch } from '../parse/batch.js'
import { elementAt } from '../protocol/element.js'
import type { TargetColumn } from '../schema/target-schema.js'
import { lookedRows } from './odd-times.js'

/** Returns a function to call for each batch. It tells of each column once, and of delimited inputs only. */
export function newOddTexts(
  columns: readonly TargetColumn[],
  notice: (text: string) => void,
): (batch: Batch) => void {
  const symbols = new Map(
    columns.flatMap(({ name, type }, index) =>
      type.type === 'SYMBOL' && type.array !== true ? [[index, name] as const] : [],
    ),
  )
  let rows = 0
  return ({ columns: data, rowCount, ranges }) => {
    if (rows >= lookedRows || ranges[0]?.shape.delimiter === undefined) return
    const count = Math.min(rowCount, lookedRows - rows)
    rows += count
    for (const [index, name] of symbols) {
      const column = data[index]!
      for (let row = 0; row < count; row++) {
        const cell = column.form === 'vector' ? elementAt(column, row) : undefined
        const text = cell?.form === 'scalar' ? cell.value : undefined
        if (typeof text !== 'string' || text.trim() === text || text.trim() === '') continue
        notice(
          `column "${name}": symbols begin or end with blanks, such as ${JSON.stringify(text)}. ${option('input.trim')} leaves the blanks out`,
        )
        symbols.delete(index)
        break
      }
    }
  }
}
