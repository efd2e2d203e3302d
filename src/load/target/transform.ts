/* `target.transform`: a function in DolphinDB's language that turns each batch into the rows to write, as in `loadTextEx`. This file checks
   that the function's text can be part of a run's scripts, and makes these scripts. */
import { usageError, type UsageError } from '../../errors.js'

/** Room for a function of several hundred lines. Journals, and files with the reasons of rejects, keep the text. */
export const mostTransformChars = 65_536

/** The form of a table (DolphinDB manual, page `form`). */
const tableForm = 6

/** The server's error texts are cut to this many characters before they are stored in the ledger or returned. */
export const maxErrorChars = 4000

const applyFunction = 'ddbIngestApply'
export const transformFunction = 'ddbIngestTransform'

const closers: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}' }

/** Checks that a text is one expression, so that it cannot change the script around it. @throws {UsageError} DDB_USAGE */
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

/** A comment, a quoted text, the start of one that does not end, or a sign. */
const parts = /\/\/[^\n]*|\/\*[^]*?\*\/|"(?:[^"\\]|\\[^])*"|'(?:[^'\\]|\\[^])*'|\/\*|[^]/g

/** The text without comments and quoted texts. @throws {UsageError} DDB_USAGE unless it is a single expression */
function codeOf(text: string): string {
  const open: string[] = []
  let code = ''
  for (const { 0: part, index } of text.matchAll(parts)) {
    const place = (): string => `, in line ${text.slice(0, index).split('\n').length}`
    if (part === '/*') throw wrong(`has a comment that does not end${place()}`)
    if (part === '"' || part === "'") throw wrong(`has a quoted text that does not end${place()}`)
    if (part in closers) open.push(closers[part]!)
    else if (')]}'.includes(part) && open.pop() !== part) {
      throw wrong(`has a ${part} that closes nothing${place()}`)
    } else if (open.length === 0 && (part === ';' || part === ',')) {
      throw wrong(`is more than one expression: "${part}"${place()}`)
    }
    // A comment becomes a space, a quoted text becomes empty quotes, so that the words around it stay apart.
    code += part.length === 1 ? part : part.startsWith('/') ? ' ' : '""'
  }
  if (open.length > 0) throw wrong(`has a bracket that is not closed: ${open.at(-1)!} is missing`)
  return code
}

function wrong(what: string): UsageError {
  return usageError(
    `the transform ${what}. Give one function of a table, such as def(t){ return select * from t where price>0 }`,
  )
}

/**
 * Defines the function that turns a batch into the table to write. The user's text is the last argument of a call: if it ends with a query,
 * a later one would become a condition of that. A line break ends a comment in its last line, but before 1.30.16 and 2.00.4 some calls
 * with the bracket in a line of its own were refused (release notes).
 */
export function transformScript(text: string): string {
  return `def ${applyFunction}(mutable data, ddbIngestFunction) {
    return ddbIngestFunction(data)
}
def ${transformFunction}(mutable data) {
    received = data.rows()
    made = ${applyFunction}(data, ${text}${text.includes('//') ? '\n    ' : ''})
    if(form(made) != ${tableForm}) { throw "the transform gave no table" }
    if(made.rows() > received) { throw "the transform gave " + string(made.rows()) + " rows for " + string(received) + ": a transform may leave out rows, but must not add any" }
    return made
}
`
}
