/*
  A function in DolphinDB's own language that makes of each batch what is written of it, as `transform` of `loadTextEx` does: whether a
  text can stand where the scripts of a run put it, and those scripts.
*/
import { UsageError } from '../../errors.js'

/** A function of some hundred lines; journals and reasons of rejects keep it. */
export const mostTransformChars = 65_536

/** The form of a table (DolphinDB manual, page `form`). */
const tableForm = 6

/** Longest error text that is handed on. */
export const maxErrorChars = 4000

const applyFunction = 'ddbIngestApply'
const transformFunction = 'ddbIngestTransform'
/** Writes a batch and tells what became of it, in place of `tableInsert`. */
export const writeFunction = 'ddbIngestWrite'

const closers: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}' }

/**
 * Checks that a text is exactly one expression: it must not end early, and nothing may follow it in the scripts that contain it. What
 * the expression means only the server can say.
 * @returns the text as it goes to the server
 * @throws {UsageError} DDB_USAGE
 */
export function checkTransform(text: string): string {
  if (text.length > mostTransformChars) {
    throw wrong(`has ${text.length} characters, and ${mostTransformChars} are the limit`)
  }
  if (text.includes('\0')) throw wrong('has a character that no script has (U+0000)')
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
      // Names on both sides stay apart.
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

/** Where a comment or a quoted text ends that begins there; the place itself where none does. */
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
  return new UsageError(
    'DDB_USAGE',
    `\`target.transform\` ${what}. Give one function of a table, such as def(t){ return select * from t where price>0 }`,
  )
}

/**
 * Defines the function that turns a batch into the table that is written. The text is an argument, as in `loadTextEx`: the last one,
 * because the conditions of a query may continue after a comma. A comment at its end ends with its line.
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
    if(made.rows() > received) { throw "the transform gave " + string(made.rows()) + " rows for " + string(received) + ": it may leave rows out, and add none" }
    return made
}
`
}

/** Lines for the inside of a `try`: `left` rows are left of `data`, and `taken` of them are written. A table without rows is not. */
export function writeLines(left: string, taken: string, target: string): string {
  return `made = ${transformFunction}(data)
        ${left} = long(made.rows())
        if(${left} > 0) { ${taken} = long(${target}) } else { ${taken} = 0l }`
}

/** As `transformScript`, with a function that answers rows left, rows taken, and why not; null and −1 where there are none. */
export function answerScript(text: string, writeBody: string): string {
  return `${transformScript(text)}def ddbIngestTarget(mutable data) {
${writeBody}
}
def ${writeFunction}(mutable data) {
    l = 00l
    n = -1l
    why = ""
    try {
        ${writeLines('l', 'n', 'ddbIngestTarget(made)')}
    } catch(ex) {
        why = left(ex[0] + ": " + ex[1], ${maxErrorChars})
    }
    return (l, n, why)
}
`
}
