/*
  Finds a pattern (`--path`) that turns days and codes in the names of folders and files into columns.
*/
import { isCodeName } from '../../../infer/column-names.js'
import type { InferredColumn } from '../../../infer/inferred-schema.js'
import { pathNames } from '../../../source/path/path-pattern.js'

const dayText = /^\d{8}$|^\d{4}-\d\d-\d\d$/
const codeText = /^(?:(?:sh|sz|bj|SH|SZ|BJ)?\d{5,6}|[A-Z]{1,6}\d{0,4})(?:\.[A-Za-z]{1,4})?$/

/** Examines at most this many paths; more paths would show nothing new. */
const mostPaths = 10_000

/**
 * @param paths  of all inputs
 * @param columns  of the content. If one of them holds days, the pattern has no `{day}`; likewise for `{code}`
 * @returns a pattern for the parts that are days or codes in every path and that differ; undefined if there are none
 */
export function pathOfParts(
  paths: readonly string[],
  columns: readonly Pick<InferredColumn, 'name' | 'days'>[],
): string | undefined {
  const names = paths.slice(0, mostPaths).map(pathNames)
  const [first] = names
  if (first === undefined || names.some(one => one.length !== first.length)) return undefined
  const taken = new Set(columns.map(({ name }) => name.toLowerCase()))
  if (columns.some(({ days }) => days !== undefined)) taken.add('day')
  if (columns.some(({ name }) => isCodeName(name))) taken.add('code')
  const segments = first.map((text, i) => {
    const texts = new Set(names.map(one => one[i]!))
    if (texts.size === 1) return text
    const isFile = i === first.length - 1
    const suffix = isFile ? (/(?:\.[A-Za-z]\w*){1,2}$/.exec(text)?.[0] ?? '') : ''
    const bare = [...texts].map(one =>
      one.endsWith(suffix) ? one.slice(0, one.length - suffix.length) : '',
    )
    const name = bare.every(one => dayText.test(one))
      ? 'day'
      : bare.every(one => codeText.test(one))
        ? 'code'
        : undefined
    if (name === undefined || taken.has(name)) return '*'
    taken.add(name)
    return `{${name}}${suffix}`
  })
  const from = segments.findIndex(segment => segment.startsWith('{'))
  return from < 0 ? undefined : segments.slice(from).join('/')
}
