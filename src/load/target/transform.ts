/*
  `target.transform`: a function in DolphinDB's language that turns each batch into the rows to write, as in `loadTextEx`. This file
  checks that the function's text can be part of a run's scripts, and makes these scripts.
*/
import type { UsageError } from '../../errors.js'
import { usageError } from '../../errors.js'

/** Room for a function of several hundred lines. Journals, and files with the reasons of rejects, keep the text. */
export const mostTransformChars = 65_536

/** The form of a table (DolphinDB manual, page `form`). */
const tableForm = 6

/** The server's error texts are cut to this many characters before they are stored in the ledger or returned. */
export const maxErrorChars = 4000

const applyFunction = 'ddbIngestApply'
const transformFunction = 'ddbIngestTransform'

const closers: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}' }

/**
 * Checks that a text is exactly one expression, so that it cannot change the meaning of a script that contains it. Only
 * the server knows what the expression means.
 * @returns the text to send to the server
 * @throws {UsageError} DDB_USAGE
 */
export function checkTransform(text: string): string {
  if (text.length > mostTransformChars) {
    throw wrong(`has ${text.length} characters; the limit is ${mostTransformChars}`)
  }
  if (text.includes('\0')) throw wrong('has the character U+0000, which no script may have')
  const code = codeOf(text)
  if (code.trim() === '') throw wrong('is empty')
  const named = /^\s*defg?\s+([\p{L}_][\p{L}\p{N}_]*)/u.exec(code)?.[1]
  if (named !== undefined)
    throw wrong(`gives its function a name: leave "${named}" out, def(t){ … }`)
  return text
}

/** The text without comments and quoted texts. @throws {UsageError} DDB_USAGE unless it is a single expression */
function codeOf(text: string): string {
  const open: string[] = []
  let code = ''
  for (let at = 0; at < text.length;) {
    const sign = text[at]!
    const end = endOfQuoted(text, at)
    if (end > at) {
      // A comment becomes a space, a quoted text becomes empty quotes, so that the words around it stay apart.
      code += sign === '/' ? ' ' : '""'
      at = end
      continue
    }
    if (sign in closers) open.push(closers[sign]!)
    else if (')]}'.includes(sign) && open.pop() !== sign) {
      throw wrong(`has a ${sign} that closes nothing${placeOf(text, at)}`)
    } else if (open.length === 0 && (sign === ';' || sign === ',')) {
      throw wrong(`is more than one expression: "${sign}"${placeOf(text, at)}`)
    }
    code += sign
    at++
  }
  if (open.length > 0) throw wrong(`has a bracket that is not closed: ${open.at(-1)!} is missing`)
  return code
}

/** The end of the comment or quoted text that begins at `at`; `at` itself if nothing of the kind begins there. */
function endOfQuoted(text: string, at: number): number {
  const sign = text[at]!
  if (text.startsWith('//', at)) {
    const end = text.indexOf('\n', at)
    return end < 0 ? text.length : end
  }
  if (text.startsWith('/*', at)) {
    const end = text.indexOf('*/', at + 2)
    if (end < 0) throw wrong(`has a comment that does not end${placeOf(text, at)}`)
    return end + 2
  }
  if (sign !== '"' && sign !== "'") return at
  for (let end = at + 1; end < text.length; end++) {
    if (text[end] === '\\') end++
    else if (text[end] === sign) return end + 1
  }
  throw wrong(`has a quoted text that does not end${placeOf(text, at)}`)
}

function placeOf(text: string, at: number): string {
  return `, in line ${text.slice(0, at).split('\n').length}`
}

function wrong(what: string): UsageError {
  return usageError(
    `the transform ${what}. Give one function of a table, such as def(t){ return select * from t where price>0 }`,
  )
}

/**
 * Defines the function that turns a batch into the table to write. The function passes the user's text as the last
 * argument of a call: if the text ends with a query, a later argument would become a condition of the query. The line
 * break after the text ends a comment in the text's last line.
 */
export function transformScript(text: string): string {
  return `def ${applyFunction}(mutable data, ddbIngestFunction) {
    return ddbIngestFunction(data)
}
def ${transformFunction}(mutable data) {
    received = data.rows()
    made = ${applyFunction}(data, ${text}
    )
    if(form(made) != ${tableForm}) { throw "the transform gave no table" }
    if(made.rows() > received) { throw "the transform gave " + string(made.rows()) + " rows for " + string(received) + ": a transform may leave out rows, but must not add any" }
    return made
}
`
}

/**
 * Script lines that write the rows that remain after the transform, if any. They set `left` to the number of these rows
 * and `taken` to the number written.
 */
export function writeLines(left: string, taken: string, target: string): string {
  return `made = ${transformFunction}(data)
        ${left} = long(made.rows())
        if(${left} > 0) { ${taken} = long(${target}) } else { ${taken} = 0l }`
}
