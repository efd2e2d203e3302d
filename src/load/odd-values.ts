/* Values seldom meant: times far from today, as from a wrong unit of `epoch:`, and blanks at the ends of symbols. */
import { option } from '../errors.js'
import { unitQuestion, widened, type TimeRange } from '../infer/time-range.js'
import { dateFormatText } from '../parse/times/date-format.js'
import type { Batch } from '../parse/batch.js'
import { elementAt } from '../protocol/element.js'
import type { Column } from '../protocol/value.js'
import type { TargetColumn } from '../schema/target-schema.js'

/** Number of rows whose values a run looks at. */
const lookedRows = 1000

/** Tells once of each odd column: times whose first thousand rows are unusual, and symbols with blanks in delimited inputs. */
export function newOddValues(
  columns: readonly TargetColumn[],
  formats: Readonly<Record<string, string>>,
  notice: (text: string) => void,
) {
  const single = columns.flatMap(({ name, type: { type, array } }, index) =>
    array === true ? [] : [{ index, name, type, format: dateFormatText(name, formats) }],
  )
  let symbols = single.filter(({ type }) => type === 'SYMBOL')
  const epochs = single.filter(({ format }) => format.startsWith('epoch:'))
  const ranges = new Map<number, TimeRange | undefined>()
  let rows = 0
  const end = (): void => {
    for (const { index, name, format, type } of epochs.splice(0)) {
      const question = unitQuestion(format, type, ranges.get(index))
      if (question !== undefined) notice(`column "${name}": ${question}`)
    }
  }
  return {
    /** Looks at the batch if fewer than a thousand rows were seen. */
    look({ columns: data, rowCount, ranges: inputs }: Batch): void {
      const count = Math.min(rowCount, lookedRows - rows)
      rows += count
      for (const { index } of epochs) {
        ranges.set(index, widened(ranges.get(index), data[index]!, count))
      }
      if (rows === lookedRows) end()
      if (inputs[0]?.shape.delimiter === undefined) return
      symbols = symbols.filter(({ index, name }) => {
        const text = blankedText(data[index]!, count)
        if (text === undefined) return true
        notice(
          `column "${name}": symbols begin or end with blanks, such as ${JSON.stringify(text)}. ${option('input.trim')} leaves the blanks out`,
        )
        return false
      })
    },
    end,
  }
}

/** The first text that begins or ends with blanks, and has other characters. */
function blankedText(column: Column, rowCount: number): string | undefined {
  for (let row = 0; row < rowCount; row++) {
    const cell = column.form === 'vector' ? elementAt(column, row) : undefined
    const text = cell?.form === 'scalar' ? cell.value : undefined
    if (typeof text === 'string' && /^[ \t]+\S|\S[ \t]+$/.test(text)) return text
  }
  return undefined
}
