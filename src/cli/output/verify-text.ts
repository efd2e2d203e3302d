/*
  The result of reading rows back, for the summary: `100 rows read back by position: as they were sent`.
*/
import type { VerifyResult } from '../../load/options.js'
import type { Words } from '../language/words.js'

export function verifyText({ by, rows, first }: VerifyResult, { tell, count }: Words): string {
  const { compared, different, replaced, notComparable } = rows
  const found =
    by === 'position' ? tell('by position') : tell('by {columns}', { columns: by.join(', ') })
  const what =
    different === 0
      ? tell('as they were sent')
      : tell('{count} not as they were sent{example}', {
          count: different,
          example: exampleText(first[0], tell),
        })
  return [
    tell('{rows} read back {found}: {what}', { rows: count(compared, 'row'), found, what }),
    ...(replaced === 0
      ? []
      : [tell('{count} replaced by other rows with their key', { count: replaced })]),
    ...(notComparable === 0
      ? []
      : [tell('{count} with a null in their key, not compared', { count: notComparable })]),
  ].join(tell(', '))
}

function exampleText(one: VerifyResult['first'][number] | undefined, tell: Words['tell']): string {
  if (one === undefined) return ''
  const { file, column, sent, found } = one
  const line = String(one.lineNumber)
  return column === null
    ? tell(' ({file}, line {line}: not found)', { file, line })
    : tell(' ({file}, line {line}, {column}: {sent} was sent, {found} is there)', {
        ...{ file, line, column, sent, found: found ?? 'null' },
      })
}
